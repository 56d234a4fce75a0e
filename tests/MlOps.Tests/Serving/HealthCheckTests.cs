using System.Diagnostics;

namespace MlOps.Tests.Serving;

/// <summary><c>--health</c>: what a container's health check runs.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task It_tells_whether_the_service_is_ready()
    {
        await using var service = await RunningService.StartAsync(("bikes", TestModels.Bikes()));
        Assert.Equal((0, ""), Run(service.Url.ToString(), "--health"));
        service.Terminate();
        await service.Process.WaitForExitAsync();
        Assert.Equal((1, ""), Run(service.Url.ToString(), "--health"));
    }

    [Theory]
    [InlineData("no address", "MLO7231")]
    [InlineData("ftp://127.0.0.1:1", "MLO7231")]
    [InlineData(null, "MLO7021")]
    public void Without_an_address_it_says_why(string? address, string code)
    {
        var (exit, errors) = Run(address, "--health");
        Assert.Equal(1, exit);
        Assert.StartsWith(code, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_containers_file_the_service_does_not_start() => Assert.StartsWith("MLO7021", Run(null).Errors, StringComparison.Ordinal);

    internal static (int Exit, string Errors) Run(string? address, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [RunningService.Assembly, .. arguments]) { RedirectStandardError = true };
        start.Environment["MLOPS_URL"] = address;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
