using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using MlOps.Content;
using MlOps.Serving;
using MlOps.Serving.Models;

try
{
    return args switch
    {
        [] => await ServeAsync(ServiceConfig.OfContainer()),
        ["--config", var path] => await ServeAsync(ServiceConfig.Load(path)),
        ["--health"] => HealthCheck.IsReady(ServiceConfig.UrlOfContainer()) ? 0 : 1,
        _ => Usage(),
    };
}
catch (DiagnosticException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
}
catch (IOException problem) when (IsTaken(problem))
{
    await Console.Error.WriteLineAsync(new Diagnostic("MLO7020", "the port is in use by another program")
    {
        Why = problem.Message,
        Mend = "stop the other program, or choose another port",
    }.ToString());
}

return 1;

// Not inlined: a health check loads nothing of Kestrel.
[MethodImpl(MethodImplOptions.NoInlining)]
static async Task<int> ServeAsync(ServiceConfig config)
{
    await using var service = Service.Build(config, ModelCatalog.Load(config));
    await service.RunAsync();
    return 0;
}

[MethodImpl(MethodImplOptions.NoInlining)]
static bool IsTaken(IOException problem) => problem.InnerException is AddressInUseException;

static int Usage()
{
    Console.Error.WriteLine($"usage: MlOps.Serving [--config service.json | --health]\n  without --config: {ServiceConfig.InContainer}; --health: whether the service that listens there is ready");
    return 64;
}
