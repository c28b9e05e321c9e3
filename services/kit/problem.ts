/** Errors as their caller sees them: problem details, RFC 9457. */
import type { Context, Middleware } from 'koa';

/** An error with an answer of its own; throw it from any middleware. */
export class Problem extends Error {
  readonly status: number;
  /** Members beyond those of RFC 9457, e.g. the trail. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    options: { members?: Record<string, unknown>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'Problem';
    this.status = status;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

/**
 * Koa middleware that answers with problem JSON whatever is thrown after it. What is no {@link Problem} is a fault of
 * the program: the caller learns no more than 500, and `onFault` gets the error.
 */
export function problems(onFault: (error: unknown) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof Problem)) onFault(error);
      answerProblem(ctx, error instanceof Problem ? error : new Problem(500, 'unexpected error'));
    }
  };
}

/** Answers with it. */
export function answerProblem(ctx: Context, problem: Problem): void {
  ctx.status = problem.status;
  ctx.set(problem.headers);
  // type about:blank: the title is the status' own phrase
  ctx.body = JSON.stringify({
    type: 'about:blank',
    title: ctx.message,
    status: problem.status,
    detail: problem.message,
    ...problem.members,
  });
  ctx.type = 'application/problem+json';
}
