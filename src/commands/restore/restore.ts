import {OperatorError} from '../../domain/errors.ts';
import type {Kept} from '../../domain/remedy/kept.ts';
import {keptBy} from '../../incidents/kept.ts';
import {leadIncident} from '../../incidents/lead.ts';
import {type OpenIncident, startIncident} from '../../incidents/start.ts';
import type {Invocation} from '../../invocation.ts';

type RestoreOptions = {
	incident: string;
	/** A digest, or its beginning, with or without `sha256:`. */
	digest: string;
	dryRun?: boolean;
	plainHttp?: boolean;
};

/**
 * `regmedic restore INCIDENT DIGEST`: an incident of its own, with a gate, that stores the kept manifests again under their digests, and
 * the tags that named them.
 * @throws OperatorError restore.nothing | incident.* | journal.*
 */
export async function restore(options: RestoreOptions, invocation: Invocation): Promise<number> {
	const {image, name, begin} = await restoring(options, invocation);
	return leadIncident({
		invocation,
		autopilot: false,
		intro: {
			title: `Restoring ${image.repository}@${image.digest}`,
			story: `It was removed in ${name}. What was damaged then and is not whole on the disk by now is damaged again.${options.dryRun ? ' This is a dry run: changes are printed, and not made.' : ''}`,
			drill: false,
		},
		begin,
	});
}

/** The image, and what begins the incident that stores it again. */
export async function restoring(
	{incident: wanted, digest, dryRun = false, plainHttp}: RestoreOptions,
	invocation: Invocation,
): Promise<{image: Kept; name: string; begin(): Promise<OpenIncident>}> {
	const {name, host, images} = await keptBy(wanted, invocation);
	const image = chosen(images, digest, name);
	const reference = {host, repository: image.repository, digest: image.digest};
	return {
		image,
		name,
		begin: () =>
			startIncident(invocation, {
				runbook: 'restore-image',
				reference,
				inputs: {top: image.digest, tags: image.tags, from: name},
				dryRun,
				// It makes nothing worse that another one repairs, and the store has a lock.
				another: true,
				pace: invocation.terminal.interactive ? 'person' : 'auto',
				...(plainHttp && {plainHttp}),
			}),
	};
}

function chosen(images: readonly Kept[], wanted: string, incident: string): Kept {
	const start = wanted.includes(':') ? wanted : `sha256:${wanted}`;
	const [image, ...others] = images.filter(({digest}) => digest.startsWith(start));
	if (image !== undefined && others.length === 0) {
		return image;
	}

	const known = images.map(({repository, digest}) => `${repository}@${digest}`);
	throw new OperatorError(
		'restore.nothing',
		image === undefined ? `${incident} has removed no image ${wanted}.` : `Several images begin with ${wanted}.`,
		{
			hint: known.length === 0 ? 'It has kept no manifests.' : `It has kept: ${known.join(', ')}.`,
			exit: 'usage',
		},
	);
}
