/** A command as a person would type it into a shell. */
export function sayCommand(words: readonly string[]): string {
	return words
		.map(word => (/^[\w./:=@%+,{}-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
		.join(' ');
}
