/** `1 manifest`, `2 manifests`. */
export function count(number: number, noun: string, many = `${noun}s`): string {
	return `${number} ${number === 1 ? noun : many}`;
}

/** For a sentence that begins with it. A name keeps its case: `infra-ci:latest`. */
export function upperFirst(text: string): string {
	const [first = ''] = text.split(/\s/, 1);
	return /[^\p{L}'’,.;:]|[:.]\p{L}/u.test(first) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `71 bytes`, `12.3 MB` */
export function byteSize(bytes: number): string {
	let amount = bytes;
	let unit = 0;
	while (amount >= 999.95 && unit < units.length - 1) {
		amount /= 1000;
		unit++;
	}

	return unit === 0 ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` : `${amount.toFixed(1)} ${units[unit]}`;
}
