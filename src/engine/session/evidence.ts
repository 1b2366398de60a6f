/** More of one step's log than twice this is cut in the middle, and says so: its end tells most. Characters. */
const mostCharactersEachSide = 2 * 1024 * 1024;

/** What a step saw, gathered for the evidence folder. Redacted as it comes. */
export function createEvidence(redact: (text: string) => string) {
	const head: string[] = [];
	let tail: string[] = [];
	let headCharacters = 0;
	let tailCharacters = 0;
	let cut = 0;

	return {
		write(text: string): void {
			const line = `${redact(text).replace(/\n$/, '')}\n`;
			if (tail.length === 0 && headCharacters + line.length <= mostCharactersEachSide) {
				head.push(line);
				headCharacters += line.length;
				return;
			}

			tail.push(line);
			tailCharacters += line.length;
			// Seldom and much at once: a shift for every line would be slow.
			if (tailCharacters > 2 * mostCharactersEachSide) {
				const all = tail.join('');
				tail = [all.slice(-mostCharactersEachSide)];
				cut += all.length - mostCharactersEachSide;
				tailCharacters = mostCharactersEachSide;
			}
		},
		text(): string {
			const end = tail.join('');
			const kept = end.slice(-mostCharactersEachSide);
			const left = cut + end.length - kept.length;
			return `${head.join('')}${left === 0 ? '' : `[cut: ${left} characters]\n`}${kept}`;
		},
	};
}
