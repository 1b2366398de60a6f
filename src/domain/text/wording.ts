/** `1 manifest`, `2 manifests`. */
export function count(number: number, noun: string, many = `${noun}s`): string {
	return `${number} ${number === 1 ? noun : many}`;
}
