using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using MlOps.Delivery.Internal;
using MlOps.Scoring;

namespace MlOps.Tests.Serving;

/// <summary>The built service as a process of its own, on any free port.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _output = new();
    private readonly Channel<Uri?> _listening = Channel.CreateUnbounded<Uri?>();

    /// <summary>The service's build output, beside the tests' own.</summary>
    public static string Assembly { get; } = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "MlOps.Serving", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\')), "MlOps.Serving.dll"));

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public Process Process { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static Task<RunningService> StartAsync(params (string Name, TrainedModel Model)[] models) => StartAsync(folder =>
    {
        var entries = models.Select(each =>
        {
            var (path, digest) = folder.Write(each.Name + ".onnx", each.Model);
            return $$"""{ "name": {{JsonSerializer.Serialize(each.Name)}}, "path": {{JsonSerializer.Serialize(path)}}, "digest": "{{digest}}" }""";
        });
        return $$"""{ "url": "http://127.0.0.1:0", "models": [ {{string.Join(", ", entries)}} ], "graceSeconds": 20 }""";
    });

    public static async Task<RunningService> StartAsync(Func<TemporaryFolder, string> config)
    {
        var service = new RunningService();
        await service.RunAsync(config(service._folder));
        service.Url = await service._listening.Reader.ReadAsync() ?? throw new InvalidOperationException(service.Output);
        service.Http.BaseAddress = service.Url;
        return service;
    }

    /// <summary>Runs a service that is expected to end by itself.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(Func<TemporaryFolder, string> config)
    {
        await using var service = new RunningService();
        await service.RunAsync(config(service._folder));
        Assert.Null(await service._listening.Reader.ReadAsync());
        await service.Process.WaitForExitAsync();
        return (service.Process.ExitCode, service.Output);
    }

    public async Task<(int Status, string Body)> PostAsync(string path, string body, string? type = "application/json")
    {
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using var answer = await Http.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> JsonAsync(string path, string? body = null)
    {
        var (status, text) = body is null ? await GetAsync(path) : await PostAsync(path, body);
        Assert.True(status == 200, $"{status} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Sends SIGTERM and nothing else.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (Process is { HasExited: false } && RunningProcess.Find(Process.Id) is { } running)
        {
            await running.EndAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        Process?.Dispose();
        _folder.Dispose();
    }

    private async Task RunAsync(string config)
    {
        await File.WriteAllTextAsync(_folder["service.json"], config);
        var start = new ProcessStartInfo("dotnet", [Assembly, "--config", _folder["service.json"]]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process = Process.Start(start)!;
        Process.OutputDataReceived += (_, line) => Heard(line.Data);
        Process.ErrorDataReceived += (_, line) => Heard(line.Data);
        Process.EnableRaisingEvents = true;
        Process.Exited += (_, _) => _listening.Writer.TryWrite(null);
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    private void Heard(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        const string Mark = "listening on ";
        if (line?.IndexOf(Mark, StringComparison.Ordinal) is >= 0 and var at)
        {
            _listening.Writer.TryWrite(new(line[(at + Mark.Length)..].Split(',')[0]));
        }
    }
}

/// <summary>One service with three models for all tests that only ask.</summary>
public sealed class SharedService : IAsyncLifetime
{
    internal RunningService Service { get; private set; } = null!;

    public async Task InitializeAsync() =>
        Service = await RunningService.StartAsync(("bikes", TestModels.Bikes()), ("churn", TestModels.Churn()), ("tickets", TestModels.Tickets()));

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
