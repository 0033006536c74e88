/*
 * pppd plugin: ask for what pppd's own options cannot.
 *
 * pppd always proposes stateless MPPE for the direction it receives; its
 * option mppe-stateful only permits the peer to propose stateful. This plugin
 * makes pppd itself propose stateful, of one key length.
 *
 *   plugin stateful.so mppe-propose 128-stateful
 */
#include <string.h>

#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/ccp.h>
#include <pppd/mppe.h>

char pppd_version[] = VERSION;

static int propose(char **argv)
{
	if (strcmp(argv[0], "40-stateful") == 0)
		ccp_wantoptions[0].mppe = MPPE_OPT_40 | MPPE_OPT_STATEFUL;
	else if (strcmp(argv[0], "128-stateful") == 0)
		ccp_wantoptions[0].mppe = MPPE_OPT_128 | MPPE_OPT_STATEFUL;
	else
		return 0;
	return 1;
}

static option_t options[] = {
	{ "mppe-propose", o_special, (void *)propose, "MPPE to propose" },
	{ NULL }
};

void plugin_init(void)
{
	add_options(options);
}
