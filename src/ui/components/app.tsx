import {type Key, useAnimation, useApp, useWindowSize} from 'ink';
import {type RefObject, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore} from 'react';
import {OperatorError} from '../../domain/errors.ts';
import type {Session} from '../../engine/session/session.ts';
import type {Formatter} from '../draw/formatter.ts';
import {drawFrame, type Frame} from '../draw/frame.ts';
import {pressesOf} from '../state/press.ts';
import {
	freshState,
	type ScreenEffect,
	type ScreenState,
	settle,
	type Transition,
	type UpdateContext,
	withMessage,
} from '../state/screen-state.ts';
import {situationOf} from '../state/situation.ts';
import {paste, update} from '../state/update.ts';
import {type Bell, bellSequence, copySequence, createBell} from '../terminal-signals.ts';
import {Rows} from './rows.tsx';

/** What a key and a paste do now. */
export type KeyHandlers = {press(input: string, key: Key): void; paste(text: string): void};

export type AppProps = {
	/** Set by the first frame: from then on keys are meant for the incident. */
	handlers: RefObject<KeyHandlers>;
	session: Session;
	image: string;
	journalFolder: string;
	now: () => number;
	colors: boolean;
	format: Formatter;
	env: NodeJS.ProcessEnv;
	/** Writes a control sequence that draws nothing. */
	signal: (sequence: string) => void;
	/** Stops the process until it is continued. Absent where that is not possible. */
	suspend?: () => Promise<void>;
};

/** Shows the session, and turns keys into events for it. */
export function App({handlers, session, image, journalFolder, now, colors, format, env, signal, suspend}: AppProps) {
	const {exit, suspendTerminal} = useApp();
	const {columns, rows} = useWindowSize();
	const view = useSyncExternalStore(session.subscribe, session.current);
	const situation = situationOf(view);
	const {frame: spin} = useAnimation({interval: situation.kind === 'working' ? 120 : 1000});
	const [state, setState] = useState<ScreenState>(() => freshState(situation, now()));
	// Several keys may come before the next frame: each starts from the state that the key before it left.
	const latest = useRef(state);
	const settled = settle(state, situation, now());
	const frame = drawFrame(settled, {view, situation, now: now(), journalFolder, columns, rows, image, format, spin});
	const shown = useRef<Frame>(frame);

	// The situation is on the screen now: a key is meant for it.
	useEffect(() => {
		shown.current = frame;
		const next = settle(latest.current, situation, now());
		if (next !== latest.current) {
			keep(next);
		}
	});

	const bell = useRef<Bell>(undefined);
	useLayoutEffect(() => {
		bell.current ??= createBell();
		if (bell.current.rings(situation.kind, now())) {
			signal(bellSequence(env));
		}
	}, [situation.kind, signal, env, now]);

	useEffect(() => {
		session.ended.then(
			end => (end.kind === 'left' ? exit() : undefined),
			error => (error instanceof OperatorError ? undefined : exit(asError(error))),
		);
	}, [session, exit]);

	useLayoutEffect(() => {
		handlers.current = {
			press(input, key) {
				for (const press of pressesOf(input, key)) {
					apply((before, context) => update(before, press, context));
				}
			},
			paste: text => apply((before, context) => paste(before, text, context)),
		};
	});

	function apply(transition: (state: ScreenState, context: UpdateContext) => Transition) {
		const current = session.current();
		const context = {
			view: current,
			situation: situationOf(current),
			now: now(),
			journalFolder,
			...shown.current.extent,
		};
		const [next, effects] = transition(latest.current, context);
		keep(next);
		effects.forEach(perform);
	}

	function keep(next: ScreenState) {
		latest.current = next;
		setState(next);
	}

	function show(...message: [text: string, tone?: 'good']) {
		keep(withMessage(latest.current, ...message)[0]);
	}

	function perform(effect: ScreenEffect) {
		switch (effect.kind) {
			case 'send':
				session.say(effect.event).catch(explain);
				break;
			case 'proceed':
				session.proceed().catch(explain);
				break;
			case 'leave':
				// The screen closes at once; the session ends behind it.
				session.leave(effect.reason).catch(() => {});
				exit();
				break;
			case 'exit':
				exit();
				break;
			case 'copy':
				copy(effect.text);
				break;
			case 'suspend':
				if (suspend) {
					suspendTerminal(suspend).catch(explain);
				} else {
					show('regmedic cannot be suspended here. q leaves; the incident can be resumed.');
				}
		}
	}

	function copy(text: string) {
		const sequence = copySequence(text, env);
		if (sequence === undefined) {
			show('That is too long for the clipboard.');
			return;
		}

		signal(sequence);
		show(`Copied: ${text}`, 'good');
	}

	/** An event that the session refused is explained. Any other operator error halts the session: the banner says it. */
	function explain(error: unknown) {
		if (!(error instanceof OperatorError)) {
			exit(asError(error));
		} else if (error.code === 'session.refused' || error.code === 'session.closed') {
			show(error.message);
		}
	}

	return <Rows rows={frame.rows} width={columns} height={rows} colors={colors} />;
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}
