import type {Clock} from '../../engine/ports/clock.ts';
import type {Credentials} from '../../engine/ports/secrets.ts';
import type {Proxies} from './connection/proxies.ts';

export type RegistryOptions = {
	/** `host[:port]`, as it stands in references. */
	host: string;
	/** `https://registry.example:5050`: plain HTTP only where this says so. */
	url: string;
	/**
	 * Undefined: anonymous. Asked once per registry; and with `again` when they were good and are refused now, for whoever
	 * gives them to make new ones.
	 */
	credentials: (asking: {again: boolean}) => Promise<Credentials | undefined>;
	/** `https://auth.example`: a token service on another host, which may be given the credentials. */
	tokenService?: string;
	/** Told of tokens before they are used. */
	onSecret?: (secret: string) => void;
	/** PEM of a private authority, trusted beside the usual ones. */
	ca?: string;
	/** A file with the same. */
	caFile?: string;
	/** PEM files of what is shown where the registry asks for a certificate. */
	clientCertificate?: {certFile: string; keyFile: string};
	/** None if left out: the environment is read by whoever calls. */
	proxies?: Proxies;
	/** Called for every request, also those that fail, redirects each on their own. */
	onRequest?: (request: RequestRecord) => void;
	timeouts?: Partial<Timeouts>;
	clock?: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
	/** From 0 up to 1: spreads retries. */
	random?: () => number;
};

/** One request, for the evidence. Neither header nor query of another host: those carry signatures. */
export type RequestRecord = {
	/** ISO 8601, UTC */
	at: string;
	method: string;
	url: string;
	/** Absent where no answer came. */
	status?: number;
	/** Until the headers were there. */
	milliseconds: number;
};

/** Milliseconds. */
export type Timeouts = {
	connect: number;
	headers: number;
	/** Between two pieces of a body. */
	stall: number;
	/** From the request to the last byte of anything small: manifests, lists, errors. */
	whole: number;
};

export const usualTimeouts: Timeouts = {connect: 10_000, headers: 15_000, stall: 15_000, whole: 30_000};
