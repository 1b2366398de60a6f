/** More of one step's log than this is cut in the middle of the file, and says so. Characters. */
const mostCharacters = 4 * 1024 * 1024;

/** What a step saw, gathered for the evidence folder. Redacted as it comes. */
export function createEvidence(redact: (text: string) => string) {
	const parts: string[] = [];
	let characters = 0;
	let left = 0;

	return {
		write(text: string): void {
			const line = `${redact(text).replace(/\n$/, '')}\n`;
			if (characters + line.length > mostCharacters) {
				left += line.length;
				return;
			}

			parts.push(line);
			characters += line.length;
		},
		text: () => parts.join('') + (left === 0 ? '' : `[cut: ${left} more characters]\n`),
	};
}
