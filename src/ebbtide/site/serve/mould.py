"""Imported first by the process that all others are forked from: it stays while the supervisor does, and no longer.

The fork server of the standard library would live on with its last child. Ctrl-C, a closing terminal and a closing machine
pass it by: the supervisor asks the children, and they have time to finish.
"""

import os
import signal

from setproctitle import setproctitle

from ebbtide.ground.database import end_with_parent
from ebbtide.site.serve.children import DEAF_IN_THE_MOULD, MOULD, python

if with_the_supervisor := end_with_parent(signal.SIGKILL, parent=os.getppid()):
    with_the_supervisor()
os.setsid()
# held back and not ignored: a child that is asked to end in its first moment hears it when it is ready to
signal.pthread_sigmask(signal.SIG_BLOCK, DEAF_IN_THE_MOULD)
# said before anybody changes the environment: the name's place in memory is found by it
setproctitle(" ".join(python("-m", MOULD)))
