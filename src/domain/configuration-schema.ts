import * as v from 'valibot';
import {buildConfiguration} from './build/build-configuration.ts';
import {platformList} from './image/meant-platforms.ts';
import {isHost, isRepositoryName} from './image/reference.ts';
import {restartCommand} from './storage/restart-form.ts';
import {engines, isVolume} from './storage/volume.ts';

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));
const command = v.pipe(v.array(text), v.minLength(1, 'needs a program'));

/** URLs are written to the journal and shown on the screen. */
const withoutPassword = v.check(
	// In `ssh://git@host`, git is a login name; before an HTTP host even a single word may be a token.
	(url: string) => !/^(?:https?:\/\/[^/@\s]*@|[a-z+]+:\/\/[^/@\s]*:[^/@\s]*@)/i.test(url),
	'a URL must not contain a password or token: name its source instead',
);

/** The source of a secret, never the secret itself. */
export const secret = v.union(
	[v.strictObject({env: text}), v.strictObject({command}), v.strictObject({file: text})],
	'write {env: NAME}, {command: [PROGRAM, …]} or {file: PATH}',
);

export const credentials = v.union(
	[
		v.strictObject({docker: v.literal(true)}),
		v.strictObject({env: v.strictObject({username: text, password: text})}),
		v.strictObject({username: text, password: secret}),
	],
	'write {docker: true}, {env: {username: NAME, password: NAME}} or {username: TEXT, password: {command: […]}}',
);

const sshOptions = {
	transport: v.optional(v.picklist(['openssh', 'ssh2'])),
	sshConfig: v.optional(text),
	/** Every command on that host runs by `sudo -n /bin/sh`; without it, as the login's own user. */
	become: v.optional(v.literal('sudo')),
};

/** It stands on a command line. */
const helperPath = v.pipe(text, v.regex(/^\/[A-Za-z0-9._/-]+$/, 'is no absolute path'));

const storageKeys = v.strictObject({
	/** A destination of ssh; without it, `root` is a folder of this machine. */
	ssh: v.optional(text),
	root: v.optional(text),
	/** In the place of `root`: a volume of docker or podman on that host, whose folder the engine tells; `NAME/FOLDER` below its top. */
	volume: v.optional(v.pipe(text, v.check(isVolume, 'write NAME or NAME/FOLDER'))),
	/** The engine of the volume, where both have one of this name. */
	engine: v.optional(v.picklist(engines)),
	...sshOptions,
	/**
	 * `container`: what is about the store runs in containers of that host's engine; `{sudo: PATH}`: by a helper, which grants less than root's
	 * shell. Everything else runs as the login's own user.
	 */
	become: v.optional(
		v.union(
			[v.picklist(['sudo', 'container']), v.strictObject({sudo: helperPath})],
			'write sudo, container, or {sudo: PATH} of the helper that `regmedic check --print-helper` prints',
		),
	),
	/** Of those containers; absent: one that is on that host and has a shell. None is pulled. */
	image: v.optional(v.pipe(text, v.regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, 'is no reference of an image'))),
	/** The command that restarts the registry on that host. */
	restart: v.optional(restartCommand),
	/** What runs commands of Redis, a line each on its standard input, where the registry's cache is there: `redis-cli`. */
	redis: v.optional(text),
	/** The command of `regmedic audit --preflight`: a dry garbage collection on that host. */
	collect: v.optional(text),
});

const storage = v.pipe(
	storageKeys,
	v.check(
		({root, volume}) => (root === undefined) !== (volume === undefined),
		'needs one of root: FOLDER and volume: NAME',
	),
);

/** Scheme, host and port, and nothing else. */
const origin = v.pipe(
	text,
	withoutPassword,
	v.check(url => /^https?:\/\/[^/\s?#@]+\/?$/.test(url) && URL.canParse(url), 'write https://HOST[:PORT]'),
);

/** Where it is known which images are used. */
const usage = v.union(
	[
		v.strictObject({kubectl: v.strictObject({context: v.optional(text), kubeconfig: v.optional(text)})}),
		v.strictObject({command}),
		v.strictObject({file: text}),
	],
	'write {kubectl: {context: NAME}}, {command: [PROGRAM, …]} or {file: PATH}',
);

/** Where bytes that a registry has lost may still be. */
const source = v.union(
	[
		/** A registry with the same repository names. Its credentials and its CA are those of the configured registry of this URL. */
		v.strictObject({url: origin}),
		/** A copy of a registry's storage; without `ssh`, in a folder of this machine. */
		v.strictObject({ssh: v.optional(text), root: text, ...sshOptions}),
		/** A node's content store: the namespace of containerd, `k8s.io` for Kubernetes. */
		v.strictObject({
			ssh: v.optional(text),
			containerd: v.pipe(text, v.regex(/^[\w.-]+$/, 'is not a namespace')),
			...sshOptions,
		}),
		/** An OCI layout on this machine: a folder, or a tar archive. */
		v.strictObject({path: text}),
	],
	'write {url: URL}, {ssh: HOST, root: FOLDER}, {ssh: HOST, containerd: NAMESPACE} or {path: FOLDER or TAR ARCHIVE}',
);

const registry = v.strictObject({
	url: origin,
	/** Further addresses, by which others pull from it: `registry.example:5050`. */
	addresses: v.optional(v.array(v.pipe(text, v.check(isHost, 'write HOST[:PORT]')))),
	credentials: v.optional(credentials),
	caFile: v.optional(text),
	/** For a registry that requires a client certificate. */
	clientCertificate: v.optional(v.strictObject({certFile: text, keyFile: text})),
	/** The origin of the token service, where that is not the registry itself: only this host receives the credentials. */
	tokenService: v.optional(origin),
	role: v.optional(v.picklist(['authoritative', 'cache']), 'authoritative'),
	/** Of a cache: the registry that it fetches from, which is asked for its limit of pulls. */
	upstream: v.optional(origin),
	/** The only platforms that are meant to be there; absent: all that an index names. */
	platforms: v.optional(platformList),
	storage: v.optional(storage),
	/** The file in which probes keep what the registry has held. */
	inventory: v.optional(text),
	/** What `probe` looks at instead of the catalogue. */
	repositories: v.optional(
		v.pipe(
			v.array(v.pipe(text, v.check(isRepositoryName, 'is not a repository'))),
			v.minLength(1, 'needs a repository'),
		),
	),
	/** Where copy-back looks for what the registry has lost. */
	sources: v.optional(v.array(text)),
});

const image = v.strictObject({
	registry: text,
	/** Of this image, in the place of its registry's. */
	platforms: v.optional(platformList),
	build: v.optional(buildConfiguration),
	/** Repositories whose pipelines run in the image and do not build it. */
	usedByPipelines: v.optional(v.array(text), []),
	fallback: v.optional(
		v.strictObject({
			on: v.picklist(['vm', 'local']),
			git: v.pipe(text, withoutPassword),
			branch: v.optional(text),
			context: v.optional(text, '.'),
			dockerfile: v.optional(text, 'Dockerfile'),
			tags: v.optional(v.array(text), []),
			builder: v.optional(v.picklist(['auto', 'docker', 'podman', 'buildah']), 'auto'),
			environment: v.optional(v.record(v.string(), v.string()), {}),
			/** What it is built for; absent: the platform of the host. */
			platforms: v.optional(platformList),
			/** Build arguments. They are kept in the image's history, so they are no place for a secret. */
			args: v.optional(v.record(text, v.string()), {}),
			/** Secrets of the build (`RUN --mount=type=secret`): files on the host that builds. */
			secrets: v.optional(v.record(text, v.strictObject({file: text})), {}),
		}),
	),
});

/** The keys of `regmedic.yaml`. @see the README, "Configuration" */
export const schema = v.strictObject({
	registries: v.optional(v.record(v.string(), registry), {}),
	woodpecker: v.optional(
		v.strictObject({
			url: v.pipe(text, withoutPassword, v.regex(/^https?:\/\//, 'write https://HOST'), v.url('write a whole URL')),
			token: secret,
		}),
	),
	sources: v.optional(v.record(v.string(), source)),
	images: v.optional(v.record(v.string(), image), {}),
	usage: v.optional(usage),
});
