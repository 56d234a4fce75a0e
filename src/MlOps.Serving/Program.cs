using Microsoft.AspNetCore.Connections;
using MlOps.Content;
using MlOps.Serving;
using MlOps.Serving.Models;

if (args is not ["--config", var path])
{
    await Console.Error.WriteLineAsync("usage: dotnet MlOps.Serving.dll --config service.json");
    return 64;
}

try
{
    var config = ServiceConfig.Load(path);
    await using var service = Service.Build(config, ModelCatalog.Load(config));
    await service.RunAsync();
    return 0;
}
catch (DiagnosticException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
}
catch (IOException problem) when (problem.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync(new Diagnostic("MLO7020", "the port is in use by another program")
    {
        Why = problem.Message,
        Mend = "stop the other program, or choose another port",
    }.ToString());
}

return 1;
