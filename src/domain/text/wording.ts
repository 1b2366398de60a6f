/** `1 manifest`, `2 manifests`. */
export function count(number: number, noun: string, many = `${noun}s`): string {
	return `${number} ${number === 1 ? noun : many}`;
}

/** For a sentence that begins with it. */
export function upperFirst(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
