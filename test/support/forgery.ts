/** Text from outside that would begin a line of our own, and a cell of a table, in every way that a line can end. */
export const forgery = ['\n', '\r\n', '\r', '\u2028', '\u2029', '\u0085', '\v', '\f', '\n\n', '\u001B[2K\n']
	.map(end => `${end}FORGED`)
	// Wider than a line: what follows is wrapped onto the next one.
	.concat(` ${'x'.repeat(200)} WRAPPED`)
	.join('\tTABBED');

/** Of these, others than regmedic choose the words. */
const fromOutside = new Set(
	(
		'reference message hint detail platform repository name tags tag path say why what advice line title text reason ' +
		'root gaps examples file actor target changes done approvedBy openedBy cause impact began noticed evidence known ' +
		'versions place answer runbook step incident mountedOn at'
	).split(' '),
);

/** The value once for each text in it from outside, with a forgery after that text. */
export function forgeriesOf<Value>(value: Value, isFromOutside?: boolean): Value[];
export function forgeriesOf(value: unknown, isFromOutside = false): unknown[] {
	if (typeof value === 'string') {
		return isFromOutside ? [value + forgery] : [];
	}

	if (Array.isArray(value)) {
		return value.flatMap((item, at) => forgeriesOf(item, isFromOutside).map(forged => value.with(at, forged)));
	}

	return typeof value === 'object' && value !== null
		? Object.entries(value).flatMap(([key, item]) =>
				forgeriesOf(item, fromOutside.has(key)).map(forged => ({...value, [key]: forged})),
			)
		: [];
}
