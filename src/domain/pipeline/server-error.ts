/** An error of the server in words for people, on one line: repeated lines and Go's mark of a missing reason are left out. */
export function readableError(message: string): string {
	const lines = message.replace(/:?\s*%!\w+\(<nil>\)/g, '').split(/\s*\n\s*/);
	const text = [...new Set(lines)]
		.filter(line => !lines.some(other => other !== line && other.endsWith(line)))
		.join(' ')
		.trim();
	return text === 'could not load config from forge'
		? 'could not load config from forge, without a reason; the pipeline file may be missing on the branch'
		: text;
}

/** What to do about an error with which the server did not begin a pipeline. */
export function startHint(detail: string): string {
	if (/not allowed to be used with pipeline event/.test(detail)) {
		return 'Allow the secret for the event manual, in the settings of the repository.';
	}

	if (/^secret ".*" not found/.test(detail)) {
		return 'Create the secret in the settings of the repository, or build without the CI (the fallback).';
	}

	if (/pipeline definition not found/.test(detail)) {
		return 'The server stored nothing that it could run again: start a new pipeline.';
	}

	if (/could not load config from forge/.test(detail)) {
		return 'The forge is down, the pipeline file is missing, or the owner of the repository has to log in to the CI again. The fallback needs none of them.';
	}

	return 'Correct the pipeline on its branch, or build without the CI (the fallback).';
}
