/** Why a build failed, as far as its log says. `cause` completes "The build failed at the build stage (exit 1): …". */
type BuildFailure = {cause: string; hint: string};

type Stage = 'clone' | 'login' | 'build' | 'push';

/** `cause`: `$1` is what the pattern found. */
type Known = {stages: readonly Stage[]; words: RegExp; cause: string; hint: string};

const anywhere: readonly Stage[] = ['clone', 'login', 'build', 'push'];
const another = 'Fix it in the repository and build again, or choose another remedy.';
const reach = 'Check the name, the network and the proxy of the host that builds, then build again.';

const buildKit =
	'Install buildx there (docker of 23 and later needs it for BuildKit), set environment: {DOCKER_BUILDKIT: "1"} for an older docker, or let fallback.builder be podman or buildah.';

/**
 * The first that fits names the cause. What a step of the Dockerfile printed says nothing about a base image, so the failed step comes
 * before those. The words of buildah, podman, of docker's command line and of registries and proxies are recorded in
 * test/recorded/failed-builds.json; those of docker's older builder and of BuildKit come from where
 * test/recorded/failed-builds-elsewhere.json says.
 */
const known: readonly Known[] = [
	{
		stages: anywhere,
		words: /no space left on device|disk quota exceeded|not enough free space in/i,
		cause: 'a disk is full',
		hint: 'Free space and inodes where the build program keeps its images and its temporary files, or on the registry where the push was refused, then build again.',
	},
	{
		stages: ['push'],
		words: /\b413\b|request entity too large/i,
		cause: 'a layer is larger than what the proxy before the registry takes (413)',
		hint: 'Raise its body limit (nginx: client_max_body_size 0), or push past it.',
	},
	{
		stages: ['build', 'push'],
		words:
			/requires? BuildKit|unknown flag: --?(?:mount|secret|platform)\b|buildx component is missing or broken|unable to upgrade to h2c|unknown command: docker buildx|'buildx' is not a docker command/i,
		cause: 'the build needs BuildKit, and docker has none there',
		hint: buildKit,
	},
	{
		stages: ['build'],
		words: /failed to parse platform : ""|"" is an invalid component of ""/,
		cause: 'the Dockerfile names $BUILDPLATFORM, which only BuildKit sets',
		hint: buildKit,
	},
	{
		stages: ['build'],
		words: /exec format error/i,
		cause: 'a program of another platform was run, and no emulation of it is registered',
		hint: 'Register it on that host (binfmt), or take the platform out of fallback.platforms.',
	},
	{
		stages: ['build'],
		words: /\b(?:exit code:?|exit status|non-zero code:) 137\b|signal: killed|exited on killed|OOMKilled/i,
		cause: 'a program of the build was killed, most likely for want of memory',
		hint: 'Give the host that builds more memory, or build elsewhere.',
	},
	{
		stages: ['build'],
		words: /secret required but no secret with id (\S+) found|secret (\S+): not found/,
		cause: 'a step requires the secret $1, which the build was not given',
		hint: 'Name its file in fallback.secrets: {$1: {file: …}}.',
	},
	{
		stages: ['build'],
		words:
			/(process "[^\n]{1,160}?" did not complete successfully: exit code: \d+|executor failed running \[[^\n]{1,160}?\]: exit code: \d+|The command '[^\n]{1,160}?' returned a non-zero code: \d+|building at STEP "RUN [^\n]{1,160}?":[^\n]*exit status \d+)/,
		cause: 'a step of the Dockerfile failed: $1',
		hint: another,
	},
	{
		stages: ['build'],
		words: /(?:RUN|COPY|ADD) [^\n]*<<-?["']?\w[\s\S]*unknown instruction/i,
		cause: 'the Dockerfile has a heredoc (<<), which this builder is too old for',
		hint: `Write it without one, or update buildah or podman (heredocs came with buildah 1.33). ${buildKit}`,
	},
	{
		stages: ['build'],
		words: /(unknown instruction: "?[\w-]+"?)/i,
		cause: 'the Dockerfile could not be read: $1',
		hint: `Fix it in the repository. If that is a line of a heredoc (<<), the builder is too old for heredocs. ${buildKit}`,
	},
	{
		stages: ['build'],
		words: /dockerfile parse error[^\n]*/i,
		cause: 'the Dockerfile could not be read',
		hint: another,
	},
	{
		stages: ['build'],
		words: /toomanyrequests|too many requests|pull rate limit/i,
		cause: 'the registry of a base image counts too many pulls (429)',
		hint: 'Log in to it on the host that builds, or wait.',
	},
	{
		stages: ['build'],
		words: /short-name "[^"\n]*" did not resolve/,
		cause: 'a base image has no registry in its name, and the host that builds searches none',
		hint: 'Write its whole name in the Dockerfile (docker.io/library/…), or set unqualified-search-registries in registries.conf there.',
	},
	{
		stages: ['build'],
		words:
			/(?:pulling|initializing source|reading manifest|creating build container|resolve source metadata|FROM |load metadata)[^\n]*?(?:unauthorized|authentication required|denied|no basic auth|authorization failed|\b401\b|\b403\b)|pull access denied|may require 'docker login'/i,
		cause: 'a base image was refused, or does not exist',
		hint: 'Log in to its registry as the user that builds, on the host that builds; check its name in the Dockerfile.',
	},
	{
		stages: ['build'],
		words: /manifest unknown|manifest for \S+ not found|failed to resolve source metadata[^\n]*not found|name unknown/i,
		cause: 'a base image does not exist in its registry',
		hint: 'Check its name and tag in the Dockerfile. One of this registry that is damaged has to be repaired first.',
	},
	{
		stages: ['build'],
		words:
			/(?:pinging|pulling|initializing source|resolve source metadata|failed to do request|dial tcp|Get "https?:)[^\n]*(?:no such host|i\/o timeout|connection refused|network is unreachable|no route to host|TLS handshake timeout|server misbehaving|gave HTTP response to HTTPS client|x509:)/i,
		cause: 'the registry of a base image cannot be reached',
		hint: reach,
	},
	{
		stages: ['build'],
		words:
			/COPY failed|failed to compute cache key|no items matching glob|no such file or directory[^\n]*(?:copy|stat)|checking on sources/i,
		cause: 'a file that the Dockerfile copies is not in its context',
		hint: 'Check fallback.context and the branch: submodules and files outside of the context are not there.',
	},
	{
		stages: ['push', 'login'],
		words: /unauthorized|authentication required|no basic auth credentials|invalid username\/password|\b401\b/i,
		cause: 'the registry refused the login (401)',
		hint: 'Check that the credentials are accepted: regmedic check.',
	},
	{
		stages: ['push', 'login'],
		words: /denied|insufficient_scope|\b403\b|forbidden/i,
		cause: 'the registry, or a proxy before it, forbids it (403)',
		hint: 'Check what this user may push.',
	},
	{
		stages: ['push'],
		words: /\b405\b|unsupported: The operation is unsupported/i,
		cause: 'the registry takes no push: it is read-only, or a pull-through cache (405)',
		hint: 'Check that the registry is not read-only, then build again.',
	},
	{
		stages: ['push', 'login'],
		words:
			/\b(5\d\d) (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)|status(?: ?code)?:? (5\d\d)\b/i,
		cause: 'the registry, or a proxy before it, failed ($1)',
		hint: 'Look into its log: its storage may be full or read-only.',
	},
	{
		stages: ['login', 'push'],
		words:
			/no such host|i\/o timeout|connection refused|network is unreachable|no route to host|gave HTTP response to HTTPS client|x509:/i,
		cause: 'the host that builds cannot reach the registry',
		hint: reach,
	},
];

/** @param log the end of the log, as `plainLog` gives it */
export function causeOfFailure(stage: Stage, log: string): BuildFailure | undefined {
	for (const {stages, words, cause, hint} of known) {
		const found = stages.includes(stage) ? words.exec(log) : null;
		if (found !== null) {
			// A function: a command may hold `$$`, which a replacement text would shorten.
			const named = (text: string) => text.replaceAll('$1', () => found[1] ?? found[2] ?? '');
			return {cause: named(cause), hint: named(hint)};
		}
	}

	return undefined;
}

const escapes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g;

/** What is no reason: docker says it of itself, whatever happens, and of helpers of other registries. */
const noise =
	/^(?:time="[^"]*" level=warning msg="Failed to get credentials for registry: |DEPRECATED: The legacy builder|\s+BuildKit is currently disabled|\s+Install the buildx component|\s+https:\/\/docs\.docker\.com\/go\/buildx|\s+environment-variable\.$|WARNING! Your (?:credentials are|password will be) stored unencrypted|Configure a credential helper to remove|https:\/\/docs\.docker\.com\/\S*credential(?:s|-)-?store$)/;

/** The lines of a log as a person would have seen them last: without escapes, without what was overwritten, without docker's advice. */
export function plainLog(text: string): string {
	return text
		.replace(escapes, '')
		.split('\n')
		.map(line => line.replace(/\r+$/, '').split('\r').at(-1) ?? '')
		.filter(line => line.trim() !== '' && !noise.test(line))
		.join('\n');
}

/** The end of a log of a failed build also holds the stages that succeeded before. */
export function lastStage(log: string): string {
	return log.replace(/^(?:.*\n)*==> \w+(?:\n|$)/, '');
}
