#!/usr/bin/env bash
# Prints the path of a Chromium: $CHROMIUM, or one on PATH. With --install, root installs
# Debian's when there is none. Fails, saying so, when there is none.
set -euo pipefail

find_chromium() {
  if [[ -n "${CHROMIUM:-}" ]]; then
    echo "$CHROMIUM"
    return
  fi
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then
      return
    fi
  done
  return 1
}

if find_chromium; then
  exit 0
fi
if [[ "${1:-}" == --install && $EUID -eq 0 ]] && command -v apt-get > /dev/null; then
  {
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium
  } >&2
  find_chromium && exit 0
fi
echo 'The end-to-end tests need Chromium: install it or set CHROMIUM to its path.' >&2
exit 1
