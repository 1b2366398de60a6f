const longestDetail = 300;

/** What went wrong, in the registry's words, and the codes of the specification. */
export type Reason = {
	said: string | undefined;
	codes: string[];
	/** It is the storage that failed the registry: `filesystem`, `s3aws`. */
	driver?: string;
};

/**
 * `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}` → `manifest unknown`.
 * Nothing said: this is not how a registry speaks.
 * @see OCI distribution-spec, "Error Codes"
 */
export function specErrors(text: string): Reason {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return {said: undefined, codes: []};
	}

	const {errors} = (json ?? {}) as {errors?: unknown};
	if (!Array.isArray(errors)) {
		return {said: undefined, codes: []};
	}

	const said = errors.map(sentence).filter(part => part !== undefined);
	const driver = errors.map(driverOf).find(name => name !== undefined);
	return {
		said: said.length === 0 ? undefined : [...new Set(said)].join('; ').slice(0, longestDetail),
		codes: errors.map(error => (error as {code?: unknown} | null)?.code).filter(code => typeof code === 'string'),
		...(driver === undefined ? {} : {driver}),
	};
}

/**
 * distribution 2.8 writes `"detail":{"DriverName":"filesystem","Enclosed":{"Op":"open","Path":"/…","Err":24}}` for whatever
 * its storage does not let it do (too many open files, no permission, a disk that fails), and `"detail":{}` for data that it
 * cannot read. 3.0 calls it `driver`.
 */
function driverOf(error: unknown): string | undefined {
	const {DriverName, driver} = ((error as {detail?: unknown} | null)?.detail ?? {}) as Record<string, unknown>;
	return [DriverName, driver].find(name => typeof name === 'string' && /^[\w.-]{1,40}$/.test(name)) as
		| string
		| undefined;
}

function sentence(error: unknown): string | undefined {
	const {code, message} = (error ?? {}) as {code?: unknown; message?: unknown};

	if (typeof message === 'string' && message !== '') {
		return message;
	}

	return typeof code === 'string' && code !== '' ? code.toLowerCase().replaceAll('_', ' ') : undefined;
}
