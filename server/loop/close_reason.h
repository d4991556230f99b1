/*
 * Why the server refused a request or closed a connection: HTTP_REASON(ID, status, text). A status is what
 * the client is answered; 0 closes without an answer. Each reason is a counter
 * hmis_http_closes_total{reason="id in lower case"}. Included several times, hence no guard.
 */

/* orderly ends */
HTTP_REASON(CLIENT_CLOSED, 0, "the client closed between requests")
HTTP_REASON(LAST_REQUEST, 0, "the client asked to close, or speaks HTTP/1.0")
HTTP_REASON(REQUEST_CAP, 0, "requests_per_connection was reached")
HTTP_REASON(IDLE, 0, "no request within the idle time")
HTTP_REASON(DRAINING, 0, "the process is stopping")
HTTP_REASON(EARLY_REPLY, 0, "the request was answered before its body was read")
HTTP_REASON(SERVER_FREED, 0, "the server object was freed")

/* ends that lose something */
HTTP_REASON(CLIENT_RESET, 0, "the client reset the connection")
HTTP_REASON(EOF_IN_HEAD, 0, "the client closed within a request head")
HTTP_REASON(EOF_IN_BODY, 0, "the client closed within a request body")
HTTP_REASON(NO_REQUEST, 0, "no byte came before the header deadline")
HTTP_REASON(WRITE_STALL, 0, "the client did not take its reply")
HTTP_REASON(DRAIN_CUT, 0, "the stop deadline passed")
HTTP_REASON(HANDSHAKE_DEADLINE, 0, "the TLS handshake took too long")
HTTP_REASON(HANDSHAKE_FAILED, 0, "the TLS handshake failed")
HTTP_REASON(TLS_ERROR, 0, "TLS record or renegotiation error")
HTTP_REASON(STREAM_BROKEN, 0, "the producer of a streaming reply gave up")
HTTP_REASON(RESPONSE_BYTES, 0, "a reply was longer than response_bytes")

/* refused requests; all of RFC 9112 and 9110 unless said otherwise */
HTTP_REASON(HEADER_DEADLINE, 408, "the request head did not arrive in time")
HTTP_REASON(BODY_DEADLINE, 408, "the request body did not arrive in time")
HTTP_REASON(HEADER_BYTES, 431, "the request head is too long")
HTTP_REASON(HEADER_COUNT, 431, "too many header fields")
HTTP_REASON(TARGET_BYTES, 414, "the request target is too long")
HTTP_REASON(BARE_LF, 400, "a line ends without carriage return")
HTTP_REASON(CONTROL_BYTE, 400, "a control character in the request head")
HTTP_REASON(REQUEST_LINE, 400, "malformed request line")
HTTP_REASON(METHOD_UNKNOWN, 501, "unknown method")
HTTP_REASON(METHOD_REFUSED, 405, "this method is not served here")
HTTP_REASON(VERSION, 505, "only HTTP/1.1 and HTTP/1.0 are served")
HTTP_REASON(TARGET_FORM, 400, "the request target must be a path (origin form)")
HTTP_REASON(TARGET, 400, "malformed path in the request target")
HTTP_REASON(QUERY, 400, "malformed query in the request target")
HTTP_REASON(QUERY_COUNT, 400, "too many query parameters")
HTTP_REASON(HEADER_NAME, 400, "a header field name is not a token")
HTTP_REASON(HEADER_LINE, 400, "a header line without colon, or folded")
HTTP_REASON(HOST_MISSING, 400, "no Host header")
HTTP_REASON(HOST_REPEATED, 400, "more than one Host header")
HTTP_REASON(HOST, 400, "malformed Host header")
HTTP_REASON(LENGTH_REPEATED, 400, "more than one Content-Length")
HTTP_REASON(LENGTH, 400, "Content-Length is not a number")
HTTP_REASON(LENGTH_AND_CODING, 400, "Content-Length together with Transfer-Encoding")
HTTP_REASON(CODING_REPEATED, 400, "more than one Transfer-Encoding")
HTTP_REASON(CODING_VERSION, 400, "Transfer-Encoding in an HTTP/1.0 request")
HTTP_REASON(CODING, 501, "the only transfer coding served is chunked")
HTTP_REASON(EXPECTATION, 417, "the only expectation served is 100-continue")
HTTP_REASON(BODY_BYTES, 413, "the request body is too large")
HTTP_REASON(CHUNK, 400, "malformed chunk")
HTTP_REASON(TRAILER, 400, "trailer fields are not served")
