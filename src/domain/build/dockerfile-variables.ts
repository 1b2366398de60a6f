/**
 * Puts values in the place of `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`. What has no value is left out.
 * @see docs.docker.com/reference/dockerfile, "Environment replacement"
 */
export function expand(text: string, look: (name: string) => string | undefined): string {
	return text.replace(/\\\$|\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})/g, (...found: (string | undefined)[]) => {
		const [, plain, braced, sign, word = ''] = found;
		const name = plain ?? braced;
		if (name === undefined) {
			return '$';
		}

		const value = look(name) ?? '';
		return sign === undefined ? value : sign === '-' ? value || word : value && word;
	});
}
