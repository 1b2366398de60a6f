import {choice, flag, positive, text} from './command.ts';

/** How images are walked: `verify` and `probe`. */
export const walkOptions = {
	'--depth <depth>': choice(
		'head: every part exists; edge: and has its size, and configs are read; content: every byte is hashed',
		['head', 'edge', 'content'],
		'edge',
	),
	'--hash-on-host <mib>': positive(
		'with --depth content: hash blobs larger than this on the registry’s host instead of downloading them',
	),
} as const;

/** How a storage folder is named and reached: `scan` and `audit`. */
export const storageOptions = {
	'--path <dir>': text('a storage folder on this machine'),
	'--ssh <dest>': text('the registry’s host, as ssh names it; with --root'),
	'--root <dir>': text('the storage folder on that host'),
	'--volume <name>': text('in the place of a folder: a volume of docker or podman, on that host or on this machine'),
	'--transport <name>': choice('openssh: the system’s ssh; ssh2: the built-in client', ['openssh', 'ssh2']),
	'--ssh-config <file>': text('use this ssh_config'),
	'--become <how>': choice(
		'sudo: every command on that host runs by `sudo -n /bin/sh`; container: what reads the store runs in containers there',
		['sudo', 'container'],
	),
} as const;

export const plainHttp = flag('use plain HTTP for a host that is not loopback');

export const fillCache = flag('ask a pull-through cache also for what it lacks: it fetches and keeps that');

/** Of a drill, for tests. */
export const speed = {...positive('speed-up factor of the simulated builds', 1), hidden: true};
