/** `Bearer realm="https://…",service="…"`: what a server wants to be shown. Scheme and names in lower case. */
export type Challenge = {scheme: string; parameters: Map<string, string>};

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`;
const parameter = new RegExp(String.raw`\s*(${token})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?=,|$)`, 'sy');
const scheme = new RegExp(String.raw`\s*(${token})(?=\s|,|$)(?:[ \t]+([A-Za-z0-9._~+/-]+=*)\s*(?=,|$))?`, 'sy');
const comma = /[\s,]*/sy;

/**
 * All challenges of all WWW-Authenticate headers, joined by commas. What cannot be read ends the list.
 * @see RFC 9110, 11.6.1: a comma separates both challenges and the parameters of one
 */
export function parseChallenges(header: string | undefined): Challenge[] {
	const text = header ?? '';
	const challenges: Challenge[] = [];
	let at = 0;

	const next = (pattern: RegExp): RegExpExecArray | null => {
		pattern.lastIndex = at;
		const found = pattern.exec(text);
		at = found === null ? at : pattern.lastIndex;
		return found;
	};

	while (at < text.length) {
		next(comma);
		const named = challenges.length === 0 ? null : next(parameter);

		if (named) {
			const value = named[2]?.replace(/\\(.)/gs, '$1') ?? named[3]!;
			const {parameters} = challenges.at(-1)!;
			const name = named[1]!.toLowerCase();
			// The first counts: nobody behind the server can add another realm.
			parameters.set(name, parameters.get(name) ?? value);
			continue;
		}

		const started = next(scheme);
		if (!started) {
			break;
		}

		challenges.push({scheme: started[1]!.toLowerCase(), parameters: new Map()});
	}

	return challenges;
}
