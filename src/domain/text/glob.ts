/** A star stands for any characters, slashes too: `tools/*` is everything below tools. */
export function globs(pattern: string, name: string): boolean {
	const source = pattern
		.split('*')
		.map(part => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
		.join('.*');
	return new RegExp(`^${source}$`).test(name);
}
