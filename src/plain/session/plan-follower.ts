import {type PlanWord, wordOfPlan} from '../../domain/plan/as-approved.ts';
import type {Plan} from '../../domain/plan/plan.ts';
import {wrap} from '../../domain/text/wrap.ts';
import type {Session} from '../../engine/session/session.ts';
import {sayHowToAnswer, sayPrompt} from './prompt.ts';
import type {Answering} from './unattended.ts';

/** How often it is looked up again what became of an item. */
const mostChecks = 3;

type Following = {
	/** Called once, before anything is approved. @returns who applied the plan before; undefined: nobody did */
	mark(session: Session): Promise<string | undefined>;
};

/** Carries out a plan that was approved elsewhere, without a person: what it does not say, it leaves open. */
export function followPlan(plan: Plan, {mark}: Following): Answering {
	return (session, tell, {checkAgainMs, resumeCommand, leave, failed}) => {
		const unlike = new Set<string>();
		let checks = 0;
		let timer: NodeJS.Timeout | undefined;

		const stop = (why: string) => {
			const view = session.current();
			tell([
				...wrap(why),
				...sayPrompt(view),
				...sayHowToAnswer(view).map(line => `  ${line}`),
				`To go on: ${resumeCommand}`,
			]);
			leave('gate');
		};

		async function approve(word: Extract<PlanWord, {kind: 'approve'}>): Promise<void> {
			tell([...sayPrompt(session.current()), `Approved: plan ${plan.id}`]);
			const before = await mark(session);
			if (before === undefined) {
				await session.say(word.happening);
			} else {
				stop(`This plan was applied before (${before}). It is not applied again.`);
			}
		}

		return {
			answer() {
				const {held, incident} = session.current();
				if (held !== undefined) {
					session.proceed().catch(failed);
					return;
				}

				const word = wordOfPlan(plan, incident, unlike);
				switch (word.kind) {
					case 'leave':
						stop(word.tell);
						return;
					case 'approve':
						approve(word).catch(failed);
						return;
					case 'say':
						break;
				}

				for (const id of word.unlike) {
					unlike.add(id);
				}

				tell(word.tell.flatMap(line => wrap(line, {rest: '  '})));
				if (word.happening.type !== 'item.retried') {
					session.say(word.happening).catch(failed);
				} else if (++checks > mostChecks) {
					stop('It is still not known what became of it.');
				} else {
					timer = setTimeout(() => session.say(word.happening).catch(failed), checkAgainMs);
				}
			},
			stop: () => clearTimeout(timer),
		};
	};
}

/** With a person at the gate: settles the table as the plan says. */
export function settleAsPlanned(session: Session, plan: Plan): void {
	const unlike = new Set<string>();
	let isBusy = false;

	async function settle(): Promise<void> {
		for (;;) {
			const {incident, halted} = session.current();
			const word = wordOfPlan(plan, incident, unlike);
			if (halted !== undefined || word.kind !== 'say' || incident.phase.kind !== 'asking') {
				return;
			}

			for (const id of word.unlike) {
				unlike.add(id);
			}

			await session.say(word.happening);
		}
	}

	const unsubscribe = session.subscribe(() => {
		if (!isBusy) {
			isBusy = true;
			settle()
				// The person settles it then.
				.catch(unsubscribe)
				.finally(() => {
					isBusy = false;
				});
		}
	});
}
