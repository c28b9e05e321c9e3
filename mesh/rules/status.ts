/** Status codes that a rule may answer with. */
import { whole } from './fields.ts';

/** Istio lets 600 through as well, which Envoy then refuses. */
export const httpStatus = whole(200, 599);
