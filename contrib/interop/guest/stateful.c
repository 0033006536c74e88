/*
 * pppd plugin: stateful MPPE in both directions.
 *
 * pppd itself always proposes stateless for the direction it receives, and
 * takes whatever the server proposes for the other; its option mppe-stateful
 * only permits the server to propose stateful. With this plugin it proposes
 * stateful, of one key length, and Naks a server's stateless so often as a
 * patient client would, before it gives in.
 *
 *   plugin stateful.so
 *   mppe-propose 128-stateful
 */
#include <string.h>

#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/ccp.h>
#include <pppd/mppe.h>
#include <net/ppp-comp.h>

char pppd_version[] = VERSION;

#define MAX_NAKS 3

static fsm_callbacks callbacks;
static int (*ccp_reqci)(fsm *, u_char *, int *, int);
static int naks;

static int reqci(fsm *f, u_char *options, int *len, int reject)
{
	if (naks < MAX_NAKS && *len == CILEN_MPPE && options[0] == CI_MPPE &&
	    (options[2] & MPPE_H_BIT) && options[5]) {
		naks++;
		options[2] &= ~MPPE_H_BIT;
		return CONFNAK;
	}
	return ccp_reqci(f, options, len, reject);
}

static int propose(char **argv)
{
	if (strcmp(argv[0], "40-stateful") == 0)
		ccp_wantoptions[0].mppe = MPPE_OPT_40 | MPPE_OPT_STATEFUL;
	else if (strcmp(argv[0], "128-stateful") == 0)
		ccp_wantoptions[0].mppe = MPPE_OPT_128 | MPPE_OPT_STATEFUL;
	else
		return 0;
	callbacks = *ccp_fsm[0].callbacks;
	ccp_reqci = callbacks.reqci;
	callbacks.reqci = reqci;
	ccp_fsm[0].callbacks = &callbacks;
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
