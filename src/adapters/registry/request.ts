/** One HTTP request, before authentication, redirects and retries. */
export type RegistryRequest = {
	method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
	/** Relative to /v2/. The next page of a list and an open upload are given as whole URLs. */
	path: string | URL;
	/** What a token must allow. */
	scope: string;
	/** Statuses that the caller handles: any other throws a refusal. Left out: the caller handles all of them. */
	expected?: readonly number[];
	/** A function where they depend on the host: a redirect leads to another. */
	headers?: Record<string, string> | ((host: string) => Record<string, string>);
	body?: Uint8Array;
	/** A redirect may lead to another host, which gets no credentials. */
	mayLeaveRegistry?: boolean;
	/** Uses a connection that has carried no other request. */
	fresh?: boolean;
	/** Called when bytes may have left this machine. */
	onSending?: () => void;
	/** Called when the registry answered 401: the request changed nothing. */
	onUnauthorized?: () => void;
	/** The URL for the request record, where the real one is long and says nothing. */
	recordedUrl?: string;
	/** Milliseconds until the headers have arrived; the usual timeout if left out. Needs a `deadlineMs` beyond it. */
	headersDeadlineMs?: number;
	/** The body may be large: it has to keep arriving at a least rate. */
	isPaced?: boolean;
	/** Milliseconds until the last byte has arrived; the usual timeout if left out. */
	deadlineMs?: number;
};

/** @see distribution: docs/spec/auth/scope */
export const catalogueScope = 'registry:catalog:*';

export const pullScope = (repository: string) => `repository:${repository}:pull`;
export const pushScope = (repository: string) => `repository:${repository}:pull,push`;
export const mountScope = (repository: string, from: string) => `${pushScope(repository)} ${pullScope(from)}`;

/**
 * 2.8 requires it to delete a manifest and to cancel an upload.
 * @see distribution v2.8.3 registry/handlers/app.go, appendAccessRecords
 */
export const deleteScope = (repository: string) => `repository:${repository}:delete`;
