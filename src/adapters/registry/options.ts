import type {RegistryLogins} from '../../domain/registry-login.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {Clock} from '../../engine/ports/clock.ts';
import type {Proxies} from './connection/proxies.ts';

export type RegistryOptions = {
	/** `host[:port]`, as it is written in references. */
	host: string;
	/** `https://registry.example:5050`. Plain HTTP only where this says http://. */
	url: string;
	/**
	 * Undefined: anonymous. Called once per registry, and with `again` when credentials that the registry accepted before are
	 * refused now: then they must be obtained anew.
	 */
	credentials: (request: {again: boolean}) => Promise<RegistryLogins>;
	/** What was looked at for credentials, for messages. */
	sought?: () => readonly string[];
	/** `https://auth.example`: the only token service that may be given the credentials. Absent: the one that the registry names. */
	tokenService?: string;
	/** Called with every token before it is used. */
	onSecret?: (secret: string) => void;
	/** Hides the secrets of this run in what a server sends, before that is cut. */
	redact?: Redact;
	/** Where this machine keeps authorities, and certificates of single hosts. Absent: only what is named here counts. */
	machine?: MachineFiles;
	/** PEM of a private certificate authority, trusted in addition to the default ones. */
	ca?: string;
	/** The same as a file. */
	caFile?: string;
	/** PEM files, presented where the registry requires a client certificate. */
	clientCertificate?: {certFile: string; keyFile: string};
	/** None if left out: the caller reads the environment. */
	proxies?: Proxies;
	/** Called for every request, also for one that fails; each redirect counts as one. */
	onRequest?: (request: RequestRecord) => void;
	timeouts?: Partial<Timeouts>;
	/** Bytes that may be read to see the last byte of blobs that are only served whole; 64 MiB if left out. */
	readBudget?: number;
	clock: Clock;
	/** From 0 up to 1: spreads retries. */
	random?: () => number;
};

export type MachineFiles = {
	/** HOME, SSL_CERT_FILE, SSL_CERT_DIR */
	environment: Record<string, string | undefined>;
	/** A folder that stands for `/`. */
	root?: string;
};

/** One request, for the evidence. It holds no headers and no query of another host: those carry signatures. */
export type RequestRecord = {
	/** ISO 8601, UTC */
	at: string;
	method: string;
	url: string;
	/** Absent where there was no response. */
	status?: number;
	/** Until the headers had arrived. */
	milliseconds: number;
};

/** Milliseconds. */
export type Timeouts = {
	connect: number;
	headers: number;
	/** Between two chunks of a body. */
	stall: number;
	/** In which a body that may be large has to arrive at the least rate. */
	window: number;
	/** From the request to the last byte of any small body: manifests, lists, errors. */
	whole: number;
};

export const usualTimeouts: Timeouts = {connect: 10_000, headers: 15_000, stall: 15_000, window: 60_000, whole: 30_000};
