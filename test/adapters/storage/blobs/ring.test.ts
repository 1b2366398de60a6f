import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createRing} from '../../../../src/adapters/storage/blobs/ring.ts';

const steps = fc.array(
	fc.oneof(
		fc.record({put: fc.uint8Array({maxLength: 12})}),
		fc.record({take: fc.integer({min: 1, max: 12}), used: fc.integer({min: 0, max: 12})}),
	),
	{maxLength: 60},
);

describe('a ring', () => {
	it('gives back what was put into it, in order, and drops only what has no room', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 16}), steps, (room, given) => {
				const ring = createRing(room);
				let kept: number[] = [];
				for (const step of given) {
					if ('put' in step) {
						const fitting = [...step.put].slice(0, room - kept.length);
						expect(ring.put(step.put)).toBe(fitting.length);
						kept = [...kept, ...fitting];
					} else {
						const oldest = ring.oldest(step.take);
						expect([...oldest]).toEqual(kept.slice(0, oldest.length));
						expect(oldest.length > 0).toBe(kept.length > 0);
						expect(oldest.length).toBeLessThanOrEqual(step.take);
						const used = Math.min(step.used, oldest.length);
						ring.free(used);
						kept = kept.slice(used);
					}

					expect(ring.length).toBe(kept.length);
				}
			}),
		);
	});
});
