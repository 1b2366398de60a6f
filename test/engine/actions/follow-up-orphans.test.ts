import {describe, expect, it} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {followUpOrphans} from '../../../src/engine/actions/follow-up-orphans.ts';
import {contextWith, unreachable} from '../../support/fake-ports.ts';
import {found, host, missing, shelf} from '../verify/shelf.ts';

const image = `${host}/acme/app:latest`;
const kept = buildImage({seed: 'kept'});
const swept = {kind: 'child-swept', repository: 'acme/app', tags: ['2026-03', '2026-04', 'latest']};

function ask(registry: ReturnType<typeof shelf>, findings: object[] = []) {
	const whole = (part: object) => ({via: [], missing: [], remedy: 'rebuild', detail: '', ...part});
	const inputs = followUpOrphans.parse({image, findings: findings.map(whole), own: [whole(swept)]});
	return followUpOrphans.run(inputs, contextWith({registry}));
}

describe('a tag that shared the damage of the image', () => {
	it('is a follow-up while it is broken, and none once the same repair restored it', async () => {
		const registry = shelf(kept);
		registry.manifests.set('2026-03', found(kept.index));

		expect(await ask(registry)).toEqual({
			outcome: 'some',
			output: {followUps: [`${host}/acme/app:2026-04: child-swept. Respond to it, or remove it on purpose.`]},
			say: '1 other image is damaged and will fail to pull.',
		});
	});

	it('is no follow-up when every one is intact again', async () => {
		const registry = shelf(kept);
		registry.manifests.set('2026-03', found(kept.index));
		registry.manifests.set('2026-04', found(kept.index));

		expect(await ask(registry)).toMatchObject({outcome: 'none'});
	});

	it('stays a follow-up, as not known now, when the registry does not respond; it is not asked again', async () => {
		const registry = shelf(kept);
		registry.manifests.set('2026-03', unreachable());
		registry.manifests.set('2026-04', found(kept.index));

		expect((await ask(registry)).output.followUps).toEqual([
			expect.stringContaining('2026-03: child-swept when the storage was scanned; not known now'),
			expect.stringContaining('2026-04: child-swept when the storage was scanned; not known now'),
		]);
		expect(registry.asked).not.toContain('2026-04');
	});

	it('is never the image itself nor an untagged one, and other images are not checked', async () => {
		const registry = shelf(kept);
		registry.manifests.set('latest', missing);
		const other = {kind: 'child-missing', repository: 'web', tags: []};

		const {output} = await ask(registry, [other]);

		expect(output.followUps).toEqual([
			expect.stringContaining('acme/app:2026-03'),
			expect.stringContaining('acme/app:2026-04'),
			expect.stringContaining('web:(untagged)'),
		]);
		expect(registry.asked).not.toContain('latest');
	});
});
