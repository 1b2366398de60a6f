const longestDetail = 300;

/**
 * `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}` → `manifest unknown`.
 * Undefined: this is not how a registry speaks.
 * @see OCI distribution-spec, "Error Codes"
 */
export function specErrors(text: string): string | undefined {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return undefined;
	}

	const errors = (json as {errors?: unknown} | null)?.errors;
	if (!Array.isArray(errors)) {
		return undefined;
	}

	const said = errors.map(sentence).filter(part => part !== undefined);
	return said.length === 0 ? undefined : [...new Set(said)].join('; ').slice(0, longestDetail);
}

function sentence(error: unknown): string | undefined {
	const {code, message} = (error ?? {}) as {code?: unknown; message?: unknown};

	if (typeof message === 'string' && message !== '') {
		return message;
	}

	return typeof code === 'string' && code !== '' ? code.toLowerCase().replaceAll('_', ' ') : undefined;
}
