import type {Digest} from '../image/digest.ts';

/**
 * What clients say of an image that cannot be pulled, and what can be concluded from it: recorded from Docker 20.10, skopeo 1.9,
 * buildah 1.28, crane and regctl against distribution 2.8.3 and 3.1.1. Where the same words are said of several things, that is
 * what is said here. @see test/recorded/alerts
 */
export type Meaning = {
	kind: MeaningKind;
	/** For people: what the words show, and what they leave open. */
	say: string;
	/** The part that the words name. */
	digest?: Digest;
};

type MeaningKind =
	| 'memory'
	| 'child-gone'
	| 'manifest-gone'
	| 'tag-gone'
	| 'manifest-unknown'
	| 'blob-gone'
	| 'data-wrong'
	| 'ended-early'
	| 'server-error'
	| 'proxy-error'
	| 'no-answer'
	| 'no-login'
	| 'rate-limit'
	| 'not-pulled';

type Sentence = {
	kind: MeaningKind;
	words: RegExp;
	say: string;
	/** Also what stands before the line decides. */
	when?(before: Before): boolean;
};

/** `retries`: rounds of `Retrying in` of one layer; `pulling`: a `Pulling from` stands before it. Both since the last failure. */
type Before = {retries: number; pulling: boolean};

const sha = 'sha256:[0-9a-f]{64}';
const gone = '[a-z ]*not found: manifest unknown';
/** Docker retries a layer five times, and waits 75 s in all. */
const allRetries = 5;

const memory =
	'The registry promises data that is gone, shorter or empty: it answers from memory. A restart comes first, where the disk confirms it.';
const wrong = 'The data is truncated, empty or corrupt: the bytes do not have the digest.';

/** The first that fits a line is what it says. */
export const sentences: readonly Sentence[] = [
	{kind: 'memory', words: /download failed after attempts=6: unexpected EOF/, say: `Of the config: ${memory}`},
	{kind: 'memory', words: /unexpected EOF/, say: memory, when: ({retries}) => retries >= allRetries},
	{
		kind: 'child-gone',
		words: new RegExp(`manifest for \\S+ ${gone}`),
		say: 'The tag and its index answered; a manifest below the index is gone.',
		when: ({pulling}) => pulling,
	},
	{
		kind: 'child-gone',
		words: new RegExp(`^(?!.*Error response from daemon).*manifest for \\S+ ${gone}`),
		say: 'The tag and its index answered; a manifest below the index is gone.',
	},
	{
		kind: 'manifest-unknown',
		words: new RegExp(`manifest for \\S+ ${gone}`),
		say: 'Docker says this of five things: a child or the manifest of the tag is gone, the tag or the repository never was, or a proxy leads to another registry.',
	},
	{
		kind: 'tag-gone',
		words: /MANIFEST_UNKNOWN.*(?:map\[Tag:|"Tag":|unknown tag[= ])/,
		say: 'The registry has no such tag: its link is gone, or it never was.',
	},
	{
		kind: 'manifest-gone',
		words: new RegExp(
			`(?:reading manifest ${sha} in \\S+|manifests/${sha}|manifest \\S+@${sha}).*(?:manifest unknown|MANIFEST_UNKNOWN)`,
		),
		say: 'A manifest is gone that something names by its digest: of an index, a child.',
	},
	{
		kind: 'manifest-gone',
		words: /MANIFEST_UNKNOWN.*[Rr]evision[=:"]/,
		say: 'The tag is there, and the manifest that it names is gone.',
	},
	{
		kind: 'manifest-unknown',
		words: /manifest unknown|MANIFEST_UNKNOWN/,
		say: 'The tag or its manifest is gone, or never was; the words do not tell which.',
	},
	{
		kind: 'blob-gone',
		words:
			/image configuration: download failed.*unknown blob|(?:config blob|image configuration).*(?:404|unknown blob)|validating config:.*BLOB_UNKNOWN/,
		say: 'The data or the link of the config is gone.',
	},
	{
		kind: 'blob-gone',
		words: /unknown blob|BLOB_UNKNOWN|(?:reading|fetching) blob.*\b404\b/,
		say: 'The data or the link of a layer or config is gone, and the registry knows it.',
	},
	{kind: 'data-wrong', words: /(?:layer|image config) verification failed for digest/, say: wrong},
	{
		kind: 'data-wrong',
		words:
			/[Dd]igest did not match, expected|digest mismatch \[expected|config\.json digest .* does not match expected|gzip: invalid checksum/,
		say: wrong,
	},
	{kind: 'data-wrong', words: /Content-Length header 0 does not match size/, say: 'The data is empty.'},
	{
		kind: 'server-error',
		words: /invalid checksum digest format/,
		say: 'A link in the store is empty or malformed.',
	},
	{
		kind: 'proxy-error',
		words:
			/\b50[234] (?:Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out)|status code from registry 50[234]|\[http 50[234]\]/,
		say: 'The proxy does not reach the registry. That is no damage yet.',
	},
	{
		kind: 'server-error',
		words: /\b500 Internal Server Error|status code from registry 500|\[http 500\]|UNKNOWN: unknown error/,
		say: 'The registry failed: a link or a manifest is empty or malformed, or its disk cannot be read.',
	},
	{
		kind: 'rate-limit',
		words: /toomanyrequests|TOOMANYREQUESTS|\b429 Too Many Requests/,
		say: 'The registry limits requests. That is no damage.',
	},
	{
		kind: 'no-login',
		words: /no basic auth credentials|authentication required|UNAUTHORIZED|unauthorized:|\b401 Unauthorized/,
		say: 'The client is not logged in, or may not read this repository. That is no damage.',
	},
	{
		kind: 'no-answer',
		words: /connect: connection refused|no such host|i\/o timeout|no route to host|TLS handshake timeout|x509: /,
		say: 'The client did not reach the registry. Bring it up first.',
	},
	{
		kind: 'ended-early',
		words: /unexpected EOF|undersized layer|retry limit exceeded|validating config: EOF/,
		say: 'A body ended early: the registry answers from memory, its data is shorter than promised, or the connection broke. The words do not tell which.',
	},
	{
		kind: 'not-pulled',
		words: /ErrImagePull|ImagePullBackOff|failed to (?:resolve reference|pull and unpack image)|image can't be pulled/,
		say: 'An image cannot be pulled; the words do not tell why.',
	},
];
