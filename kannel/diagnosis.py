"""Why a connection is not up, as far as can be seen from here: Kannel's status says only that it is not.

One TCP connection to the operator's address, closed at once. No bind is made: it might take the one that Kannel wants.
"""

import socket

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kannel.adapters import trouble
from kannel.models import Connection

TIMEOUT_SECONDS = 3.0
REFUSED_ACCOUNT, NO_SUCH_HOST, CLOSED, SILENT, NO_WAY, NOT_BOUND = (
    "account",
    "no_such_host",
    "closed",
    "silent",
    "no_way",
    "not_bound",
)
NO_MONEY, WRONG_ACCOUNT = "no_money", "wrong_account"
SENTENCES: dict[str, str | Promise] = {
    REFUSED_ACCOUNT: _(
        "The operator refused the user name, the password or the system type. Kannel does not try again by itself."
    ),
    WRONG_ACCOUNT: _(
        "The operator refuses the user name, the password or the token. Correct them in the connection and apply that."
    ),
    NO_MONEY: _("The operator says that the money of our account is used up. Pay, and it goes on by itself."),
    NO_SUCH_HOST: _("Nobody knows a host of this name. Check the host, then the name server of the gateway."),
    CLOSED: _(
        "Nobody listens at this host and port. Check the port, or ask the operator whether it is down."
    ),
    SILENT: _("The host does not answer. A firewall may be in between; ask the operator to open it for us."),
    NO_WAY: _("There is no way to this host from here. Check the network of the gateway."),
    NOT_BOUND: _(
        "The operator answers at this port but does not let us in. Often all binds of the account are taken, or "
        "the account is not open yet. Kannel keeps trying."
    ),
}


def diagnose(connection: Connection) -> str:
    """The code of what is wrong with a connection that is not online, a key of SENTENCES."""
    if connection.kind == Connection.Kind.ADAPTER and (found := trouble.of(connection.name)):
        return NO_MONEY if found == trouble.MONEY else WRONG_ACCOUNT
    if connection.status == Connection.Status.DEAD:
        return REFUSED_ACCOUNT
    try:
        socket.create_connection((connection.host, connection.port), TIMEOUT_SECONDS).close()
    except socket.gaierror:
        return NO_SUCH_HOST
    except ConnectionRefusedError:
        return CLOSED
    except TimeoutError:
        return SILENT
    except (OSError, OverflowError, UnicodeError):
        return NO_WAY
    return NOT_BOUND
