/** Why a field is refused, in place of the advice to use a cluster. */
export const never = 'Istio does not run it either';
