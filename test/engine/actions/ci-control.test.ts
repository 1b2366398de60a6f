import {expect, test} from 'vitest';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import {ciApprove, ciCancel} from '../../../src/engine/actions/ci-control.ts';
import {openLab} from '../../drills/ci/lab.ts';
import {contextWith, settings} from '../../support/fake-ports.ts';

async function room(token = 'oncall') {
	const lab = await openLab('3.17.0');
	const ci = createWoodpecker({url: lab.url, token: async () => token});
	const context = (name: string) =>
		contextWith({ci}, {settings: {...settings, pipeline: {repository: `acme/${name}`, branch: 'main'}}});
	return {
		lab,
		context,
		async [Symbol.asyncDispose]() {
			await ci.close();
			await lab[Symbol.asyncDispose]();
		},
	};
}

test('a pipeline that waits is cancelled behind a gate that says what it is; what became of a lost request is looked up', async () => {
	await using opened = await room();
	const {number} = await opened.lab.happens('noagent', {event: 'manual', author: 'anna', waits: 'no-agent'});
	const context = opened.context('noagent');
	const inputs = {pipeline: number};

	const gate = await ciCancel.gate!(inputs, context);
	expect(gate.changes.flatMap(sayChange)).toEqual([
		`cancels pipeline ${number} of acme/noagent: manual main, by anna, pending`,
	]);
	expect(await ciCancel.reconcile!(inputs, context)).toMatchObject({kind: 'not-done'});
	expect(await ciCancel.run(inputs, context)).toMatchObject({outcome: 'cancelled'});
	expect(await ciCancel.reconcile!(inputs, context)).toMatchObject({kind: 'done'});
	await expect(ciCancel.run(inputs, context)).rejects.toMatchObject({
		code: 'ci.rejected',
		message: expect.stringContaining('Cannot cancel'),
	});
});

test('a pipeline that waits for an approval is approved by someone who may push, and by nobody else', async () => {
	await using opened = await room();
	await using reader = await room('reader');
	for (const {lab} of [opened, reader]) {
		await lab.happens('gated', {approval: {state: 'blocked', by: '', at: lab.clock.now}});
	}

	expect(await ciApprove.run({pipeline: 1}, opened.context('gated'))).toMatchObject({outcome: 'approved'});
	const refused = ciApprove.run({pipeline: 1}, reader.context('gated'));
	await expect(refused).rejects.toMatchObject({code: 'ci.rejected', hint: expect.stringContaining('push rights')});
	await expect(ciCancel.gate!({pipeline: null}, opened.context('gated'))).rejects.toMatchObject({
		code: 'ci.pipeline-unknown',
	});
});
