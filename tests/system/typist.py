# Runs a command on a terminal of its own and types answers at it, as a person would.
#
#   typist.py QUESTION COMMAND [ARGUMENT ...]   < answers, a line each
#
# Each time the terminal shows QUESTION the next answer is typed; what the terminal shows goes to standard
# output. SIGTERM goes on to the command; its exit status is the typist's.
import os, pty, re, signal, sys

answers = sys.stdin.read().splitlines()
question = re.compile(sys.argv[1].encode())
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
print('typist: pid', pid, flush=True)
seen = b''
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # the last who had the terminal has ended
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
    seen += data
    found = question.search(seen)
    if found and answers:
        seen = seen[found.end():]
        os.write(terminal, answers.pop(0).encode() + b'\n')
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
