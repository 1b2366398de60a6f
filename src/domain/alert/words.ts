import {defined} from '../defined.ts';
import {type Digest, isDigest} from '../image/digest.ts';
import {hostPart, type ImageReference, isHost, isRepositoryName, isTag, parseReference} from '../image/reference.ts';
import {type Meaning, sentences} from './sentences.ts';

/** What a pasted error or the log of a CI names, and what its sentences mean. */
export type Words = {
	/** With their host, in the order of the text, each once. */
	references: ImageReference[];
	/** Named without a host, as in `latest: Pulling from infra-ci`. */
	bare: BareName[];
	/** The configured registries' hosts that stand anywhere. */
	hosts: string[];
	meanings: Meaning[];
};

export type BareName = {repository: string; tag?: string; digest?: Digest};

const colours = /\u001B\[[0-9;:?]*[ -/]*[@-~]/g;
/** More than these are no alert. */
const mostReferences = 50;
const sha = 'sha256:[0-9a-f]{64}';
const name = '[A-Za-z0-9\\[][\\w.:\\[\\]-]*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+';
const reference = `${name}(?::[\\w][\\w.-]{0,127})?(?:@${sha})?`;

/** Words after which clients name an image whole. */
const naming = new RegExp(
	[
		`docker://(${reference})`,
		`manifest for (${reference}) [a-z ]*not found`,
		`(?:image|reference|ref|pulling|Pulling|pull|Pull|run|create|FROM|inspect|validate|RE?F:)[ =:]+["'\`]?(${reference})`,
		`(?:to get manifest|FAIL:|read image) (${reference})`,
	].join('|'),
	'g',
);
const request = /https?:\/\/([^/\s]+)\/v2\/([^\s"']+?)\/(manifests|blobs)\/([\w.-]+(?::[0-9a-f]{64})?)/g;
const inRepository = /reading manifest (\S+) in ([^\s:]+(?::\d+\/[^\s:]+)?): /;
const pullingFrom = /(?:^|[\s"|])([\w][\w.-]{0,127}): Pulling from ([a-z0-9][a-z0-9._/-]*)/;

/**
 * Reads any text. It concludes nothing that the words leave open, and nothing of it is believed later: it tells where to look first.
 * @param isKnown whether a host is a configured registry's: its images count wherever they stand
 */
export function readWords(text: string, isKnown: (host: string) => boolean): Words {
	const references = new Map<string, ImageReference>();
	const bare = new Map<string, BareName>();
	const hosts = new Set<string>();
	const meanings = new Map<string, Meaning>();
	const addNamed = (repository: string, of: string) => {
		const whole = isHost(hostPart(repository)) ? read(`${repository}${isDigest(of) ? '@' : ':'}${of}`) : undefined;
		if (whole) {
			references.set(JSON.stringify(whole), whole);
		} else if (isRepositoryName(repository)) {
			const named = isDigest(of) ? {digest: of} : isTag(of) ? {tag: of} : {};
			bare.set(`${repository} ${of}`, {repository, ...named});
		}
	};

	let before = {retries: 0, pulling: false};
	let rounds = countRounds();
	for (const line of linesOf(text)) {
		for (const found of referencesIn(line, isKnown)) {
			references.set(JSON.stringify(found), found);
		}

		const [, tag, repository] = pullingFrom.exec(line) ?? [];
		const [, of, inside] = inRepository.exec(line) ?? [];
		if (tag !== undefined && repository !== undefined) {
			addNamed(repository, tag);
			before = {retries: 0, pulling: true};
			rounds = countRounds();
		}

		if (of !== undefined && inside !== undefined) {
			addNamed(inside, of);
		}

		for (const [host] of line.matchAll(/[\w.-]+(?::\d+)?/g)) {
			if (isKnown(host.toLowerCase())) {
				hosts.add(host.toLowerCase());
			}
		}

		before.retries = Math.max(before.retries, rounds.add(line));
		const sentence = sentences.find(({words, when}) => words.test(line) && (when?.(before) ?? true));
		if (sentence !== undefined) {
			const digest = digestIn(line);
			const {kind, say} = sentence;
			meanings.set(`${kind} ${digest}`, {kind, say, ...defined({digest})});
			before = {retries: 0, pulling: false};
			rounds = countRounds();
		}
	}

	return {
		references: [...references.values()].slice(0, mostReferences),
		bare: [...bare.values()],
		hosts: [...hosts],
		meanings: [...meanings.values()],
	};
}

/** Docker counts the seconds down, a line each: `Retrying in 5 seconds` to `1 second` is one round of a layer. */
function countRounds(): {add(line: string): number} {
	const layers = new Map<string, {rounds: number; seconds: number}>();
	return {
		add(line) {
			const [, layer = '', given] = /(\S*)\s*Retrying in (\d+) seconds?/.exec(line) ?? [];
			if (given === undefined) {
				return 0;
			}

			const seconds = Number(given);
			const {rounds = 0, seconds: before = 0} = layers.get(layer) ?? {};
			const now = {rounds: seconds > before ? rounds + 1 : rounds, seconds};
			layers.set(layer, now);
			return now.rounds;
		},
	};
}

/** Without colours; the strings of JSON are unescaped, as far as line ends and quotes go. */
function linesOf(text: string): string[] {
	return text
		.replaceAll(colours, '')
		.replaceAll(/\\+n/g, '\n')
		.replaceAll(/\\+"/g, '"')
		.split(/[\r\n]+/)
		.slice(0, 100_000)
		.map(line => line.slice(0, 4000));
}

function referencesIn(line: string, isKnown: (host: string) => boolean): ImageReference[] {
	const named = [...line.matchAll(naming)].flatMap(match => match.slice(1).flatMap(each => each ?? []));
	const known = [...line.matchAll(new RegExp(`(?<![\\w/.@-])${reference}`, 'g'))]
		.map(([each]) => each)
		.filter(each => isKnown(hostPart(each).toLowerCase()));
	const requested = [...line.matchAll(request)].flatMap(([, host = '', repository = '', kind, target = '']) =>
		kind === 'blobs' ? [] : [`${host}/${repository}${isDigest(target) ? '@' : ':'}${target}`],
	);
	return [...named, ...known, ...requested].flatMap(each => read(each) ?? []);
}

/** A sentence may end right after it. */
function read(text: string): ImageReference | undefined {
	try {
		return parseReference(text.replace(/[.:,-]+$/, ''));
	} catch {
		return undefined;
	}
}

/** The digest that is expected, or missing. skopeo names the other one first for a config. */
function digestIn(line: string): Digest | undefined {
	const [found] =
		new RegExp(`(?<=does not match expected )${sha}`).exec(line) ??
		new RegExp(`(?<=[Rr]evision[=:"]+)${sha}`).exec(line) ??
		new RegExp(`(?<=reading manifest |blobs/|manifests/|expected |digest )${sha}`).exec(line) ??
		new RegExp(sha).exec(line) ??
		[];
	return found !== undefined && isDigest(found) ? found : undefined;
}
