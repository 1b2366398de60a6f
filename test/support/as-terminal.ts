/** Loaded with `node --import` before the shipped program: its pipes count as a terminal, at which a person may be asked. */
for (const stream of [process.stdin, process.stdout, process.stderr]) {
	Object.defineProperty(stream, 'isTTY', {value: true});
}
