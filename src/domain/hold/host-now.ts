import type {MaintenanceFile} from '../audit/maintenance.ts';
import type {HostZone} from './cron-time.ts';

/** A program that runs on a host, also in one of its containers. */
export type HostProcess = {
	pid: number;
	parent: number;
	argv: string[];
	/** Seconds since 1970, by the host's clock. */
	started: number;
	/** The container it runs in: its id. */
	container?: string;
	/** The systemd unit it belongs to; `isUser`: of a user's own systemd. */
	unit?: {name: string; isUser: boolean};
	/** Of a collector: whether its store is the one that is looked at, as far as it can be read. */
	store?: 'same' | 'other' | 'unknown';
	/** Of a script: its text, where it has to do with a registry. */
	script?: string;
};

export type HostContainer = {id: string; name: string; engine: 'docker' | 'podman'};

/**
 * A timer that is active, or, where systemd could not be asked, enabled. `next`: seconds since 1970; absent: systemd does not know.
 * `calendar`: what its file says, OnCalendar.
 */
export type HostTimer = {unit: string; activates: string; isUser: boolean; next?: number; calendar?: string[]};

/** A crontab of the host, or of a crond in a container. */
export type HostCrontab = Pick<MaintenanceFile, 'path' | 'text'> & {
	/** The container, by its id, and what its crond calls its time zone. */
	inside?: {container: string; zone: string};
};

/** What a host runs at one moment, and what it will start. */
export type HostNow = {
	/** Seconds since 1970, by the host's clock. */
	clock: number;
	/** The folder that plays the host's `/` in a rehearsal. */
	playedBy?: string;
	zone: HostZone;
	processes: HostProcess[];
	containers: HostContainer[];
	crontabs: HostCrontab[];
	/** Of the containers with a crond: the scripts that their crontabs name. */
	scripts?: (Pick<MaintenanceFile, 'path' | 'text'> & {container: string})[];
	timers: HostTimer[];
	/** Where anacron runs what is in cron.daily and so on. */
	hasAnacron: boolean;
	/** What could not be looked at, one line each. */
	gaps: string[];
};
