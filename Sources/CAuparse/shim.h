#include <auparse.h>
#include <libaudit.h>
