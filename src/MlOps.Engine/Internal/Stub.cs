namespace MlOps.Engine.Internal;
internal static class Wording { public static string Explain(PlannedStep s) => s.Reason.ToString(); }
internal static class GraphChecks { public static StepGraph Create(Step[] steps) => throw new NotImplementedException(steps.Length + ""); }
