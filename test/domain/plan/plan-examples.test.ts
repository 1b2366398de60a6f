import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import {expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {isDestructive, type PlanChange, planChange, sayPlanChange} from '../../../src/domain/plan/plan-change.ts';

const page = path.resolve(import.meta.dirname, '../../../docs/plan.md');
const digest = `sha256:${'0a1b2c3d'.repeat(8)}` as Digest;
const other = `sha256:${'4e5f6071'.repeat(8)}` as Digest;
const repository = 'infra-ci';

/** One complete example of each type: a type without one does not compile. */
const examples: {[Type in PlanChange['type']]: Extract<PlanChange, {type: Type}>} = {
	restart: {type: 'restart'},
	'mount-blob': {type: 'mount-blob', repository, digest, size: 31_457_280, from: 'tools/lint'},
	'upload-blob': {type: 'upload-blob', repository, digest, size: 31_457_280, sources: ['offsite', 'node1']},
	'store-manifest': {type: 'store-manifest', repository, digest, sources: ['offsite']},
	'point-tag': {type: 'point-tag', repository, tag: 'latest', from: digest, to: other},
	'remove-image': {
		...{type: 'remove-image', repository, digest},
		...{tags: ['2026-04', 'latest'], attached: [`sha256-${digest.slice(7)}.sig`]},
	},
	'remove-tag': {type: 'remove-tag', repository, tag: 'old', named: digest},
	'start-pipeline': {type: 'start-pipeline', repository: 'acme/infra', branch: 'main', cancels: ['376']},
	'follow-pipeline': {type: 'follow-pipeline', number: 377, startedBy: 'anna'},
	'move-aside': {type: 'move-aside', digest, size: 0, images: ['infra-ci@0a1b2c3d4e5f']},
	'put-back': {type: 'put-back', digest, size: 0},
	refetch: {type: 'refetch', repository, digests: [digest], pulls: 1},
	bypass: {type: 'bypass', cache: '127.0.0.1:5056'},
	'forget-cached': {type: 'forget-cached', digest, repositories: [repository]},
	'run-build-command': {type: 'run-build-command', pushes: ['latest', '2026-04'], overwrites: ['2026-04']},
	'build-and-push': {
		...{type: 'build-and-push', git: 'https://git.example/acme/infra', context: 'ci', dockerfile: 'Dockerfile'},
		...{images: ['registry.example:5050/infra-ci:latest'], platforms: ['linux/amd64'], bases: ['debian:13']},
		loses: ['linux/arm64'],
	},
};

const text = `# The changes of a plan

A plan (\`regmedic.plan/1\`) holds the exact changes of each of its items. It holds nothing to execute: commands come from the
configuration of whoever applies it. \`siblings\` of an image are the intact images that its tags can be pointed to, the newest first, each with its
\`name\` for \`--remedy IMAGE=re-point:NAME\`, \`digest\`, \`tags\`, \`platforms\` and age. One example of each type, made by \`test/domain/plan/plan-examples.test.ts\`.

${Object.values(examples)
	.map(change =>
		[
			`## ${change.type}`,
			`${isDestructive(change) ? 'Destructive. ' : ''}On the gate: ${sayPlanChange(change)}`,
			`\`\`\`json\n${JSON.stringify(change, undefined, 2)}\n\`\`\``,
		].join('\n\n'),
	)
	.join('\n\n')}
`;

it('docs/plan.md has one complete example of every type of change (UPDATE_DOCS=1 writes it)', async () => {
	for (const change of Object.values(examples)) {
		expect(v.parse(planChange, change)).toEqual(change);
	}

	if (process.env.UPDATE_DOCS === '1') {
		await writeFile(page, text);
	}

	expect(await readFile(page, 'utf8')).toBe(text);
});
