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

type HostContainer = {id: string; name: string; engine: 'docker' | 'podman'};

/** A timer that is active. `next`: seconds since 1970; absent: systemd does not know. */
export type HostTimer = {unit: string; activates: string; isUser: boolean; next?: number};

/** What a host runs at one moment, and what it will start. */
export type HostNow = {
	/** Seconds since 1970, by the host's clock. */
	clock: number;
	/** The folder that plays the host's `/` in a rehearsal. */
	playedBy?: string;
	zone: HostZone;
	processes: HostProcess[];
	containers: HostContainer[];
	crontabs: Pick<MaintenanceFile, 'path' | 'text'>[];
	timers: HostTimer[];
	/** Where anacron runs what is in cron.daily and so on. */
	hasAnacron: boolean;
	/** What could not be looked at, one line each. */
	gaps: string[];
};
