/* Sub-commands of `hmis catalog` that stand in files of their own. */
#pragma once

int catalog_command_export(int argc, char **argv);
int catalog_command_rules(int argc, char **argv);
