/* Inside claims/ only: the fixed parts of the files we write, which the signer knows again. */
#pragma once

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
/* In the order of canonical form: by prefix. */
#define XML_NAMESPACES                                                                                       \
	" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "                                                   \
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define XML_EMPTY_MARK "<CHUKYDONVI></CHUKYDONVI>"
