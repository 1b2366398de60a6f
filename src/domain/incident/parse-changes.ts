import * as v from 'valibot';
import type {Change} from './change.ts';
import {digest, suspension} from './schemas.ts';
import {platformLoss, tagVerdict, tagWrite} from './tag-write.ts';

const text = v.string();
const number = v.pipe(v.number(), v.integer());
const sources = v.exactOptional(v.array(text));
const blob = {repository: text, digest, role: v.picklist(['config', 'layer']), size: number};

const schema: v.GenericSchema<unknown, Change> = v.variant('kind', [
	v.object({kind: v.literal('mount-blob'), ...blob, from: text}),
	v.object({kind: v.literal('upload-blob'), ...blob, sources}),
	v.object({kind: v.literal('put-manifest'), repository: text, digest, sources}),
	v.object({
		kind: v.literal('restore-tag'),
		repository: text,
		digest,
		tag: text,
		sources,
		vanished: v.exactOptional(v.literal(true)),
	}),
	v.object({
		kind: v.literal('point-tag'),
		repository: text,
		tag: text,
		image: text,
		from: v.exactOptional(digest),
		to: digest,
	}),
	v.object({kind: v.literal('move-aside'), digest, size: number, images: v.array(text)}),
	v.object({kind: v.literal('put-back'), digest, size: number}),
	v.object({
		kind: v.literal('refetch'),
		repository: text,
		digests: v.array(digest),
		pulls: number,
		limit: v.exactOptional(
			v.object({remaining: number, limit: v.exactOptional(number), windowSeconds: v.exactOptional(number)}),
		),
	}),
	v.object({kind: v.literal('bypass'), cache: text, lines: v.array(text)}),
	v.object({
		kind: v.literal('forget-cached'),
		digest,
		repositories: v.array(text),
		command: v.exactOptional(text),
	}),
	v.object({kind: v.literal('remove-image'), repository: text, digest, tags: v.array(text), attached: v.array(text)}),
	v.object({kind: v.literal('remove-tag'), repository: text, tag: text, named: v.exactOptional(digest)}),
	v.object({kind: v.literal('restart'), command: v.exactOptional(text)}),
	v.object({
		kind: v.literal('start-pipeline'),
		repository: text,
		branch: text,
		image: text,
		writes: v.exactOptional(v.nullable(v.array(tagWrite))),
		after: v.exactOptional(number),
		cancels: v.exactOptional(v.array(text)),
		again: v.exactOptional(v.boolean()),
		unguarded: v.exactOptional(v.boolean()),
	}),
	v.object({
		kind: v.literal('follow-pipeline'),
		number,
		startedBy: v.exactOptional(text),
		commit: v.exactOptional(text),
		newerCommit: v.exactOptional(text),
	}),
	v.object({
		kind: v.literal('restart-pipeline'),
		repository: text,
		number,
		event: text,
		cancels: v.exactOptional(v.array(text)),
	}),
	v.object({kind: v.literal('leave-pipeline'), repository: text, number, why: text}),
	v.object({kind: v.literal('cancel-pipeline'), repository: text, number, event: text}),
	v.object({kind: v.literal('approve-pipeline'), repository: text, number, event: text}),
	v.object({kind: v.literal('restart-pipelines'), repository: text, numbers: v.array(number)}),
	v.object({
		kind: v.literal('build-and-push'),
		git: text,
		context: text,
		dockerfile: text,
		images: v.array(text),
		writes: v.exactOptional(v.array(tagWrite)),
		leaves: v.exactOptional(v.array(tagWrite)),
		platforms: v.exactOptional(platformLoss),
		for: v.exactOptional(v.array(text)),
		bases: v.exactOptional(v.array(v.object({name: text, verdict: v.exactOptional(tagVerdict)}))),
		unread: v.exactOptional(text),
	}),
	v.object({
		kind: v.literal('run-build-command'),
		image: text,
		command: text,
		follow: v.exactOptional(text),
		writes: v.nullable(v.array(tagWrite)),
	}),
	v.object({kind: v.literal('follow-build')}),
	v.object({kind: v.literal('suspend'), starts: text, suspend: suspension}),
	v.object({kind: v.literal('sentence'), text}),
]);

/**
 * Reads the changes that a gate was opened for. A journal of version 0.1 holds only sentences; they are also used where this
 * version cannot read the changes.
 */
export function parseChanges(sentences: readonly string[], plan: unknown): Change[] {
	const parsed = v.safeParse(v.array(schema), plan);
	return parsed.success ? parsed.output : sentences.map(sentence => ({kind: 'sentence', text: sentence}));
}
