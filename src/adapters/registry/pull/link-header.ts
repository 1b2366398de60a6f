/** One link of a `Link` header. */
export type Link = {
	/** As written, without the angle brackets. */
	target: string;
	/** Relation types in lower case: `next` */
	relations: string[];
};

const betweenLinks = /[\s,]*/y;
const target = /<([^<>]*)>|([^\s;<>"']+)/y;
const parameter = /\s*;\s*(?:([^\s=;,<>"']+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s;,<>"'][^\s;,<>"]*)?))?)?/y;
/** A registered type, or a URI. */
const relationType = /^(?:[a-z][a-z0-9.-]*|[a-z][a-z0-9+.-]*:\S+)$/;
const afterLink = /\s*(?:,|$)/y;

/**
 * Also accepts targets without brackets and single quotes, which some registries and proxies send.
 * @returns undefined if the header or a link in it is malformed
 * @see RFC 8288, section 3
 */
export function parseLinks(header: string): Link[] | undefined {
	const links: Link[] = [];
	const from = {at: 0};

	for (match(betweenLinks, header, from); from.at < header.length; match(betweenLinks, header, from)) {
		const found = match(target, header, from);
		const relations = found && relationsIn(header, from);
		if (found === undefined || relations === undefined || match(afterLink, header, from) === undefined) {
			return undefined;
		}

		links.push({target: (found[1] ?? found[2])!.trim(), relations});
	}

	return links;
}

/** Only the first `rel` of a link counts. Undefined: there is none that can be read, and no link may lack it. */
function relationsIn(header: string, from: {at: number}): string[] | undefined {
	let relations: string | undefined;

	for (let found = match(parameter, header, from); found !== undefined; found = match(parameter, header, from)) {
		const [, name, quoted, singlyQuoted, bare] = found;
		if (name?.toLowerCase() === 'rel') {
			relations ??= quoted?.replace(/\\(.)/g, '$1') ?? singlyQuoted ?? bare ?? '';
		}
	}

	const types = relations?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
	return types.length > 0 && types.every(type => relationType.test(type)) ? types : undefined;
}

function match(pattern: RegExp, header: string, from: {at: number}): RegExpExecArray | undefined {
	pattern.lastIndex = from.at;
	const found = pattern.exec(header);
	from.at = found === null ? from.at : pattern.lastIndex;
	return found ?? undefined;
}
