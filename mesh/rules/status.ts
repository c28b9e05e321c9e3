/** Status codes that a rule may answer with. */
import { z } from 'zod';

/** Istio lets 600 through as well, which Envoy then refuses. */
export const httpStatus = z.int().superRefine((value, ctx) => {
  if (value < 200 || value > 599) ctx.addIssue({ code: 'custom', message: `${value}: not in 200 to 599` });
});
