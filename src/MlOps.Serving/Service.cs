using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MlOps.Serving.Http;
using MlOps.Serving.Inferences;
using MlOps.Serving.Models;
using MlOps.Serving.Page;
using MlOps.Serving.Protocol;
using MlOps.Serving.Rows;
using MlOps.Serving.Telemetry;

namespace MlOps.Serving;

/// <summary>The web application: Kestrel, the endpoints, and how it ends.</summary>
internal static class Service
{
    /// <summary>How long the headers of a request may take to come.</summary>
    private static readonly TimeSpan HeadersTime = TimeSpan.FromSeconds(10);

    public static WebApplication Build(ServiceConfig config, ModelCatalog catalog)
    {
        // Empty: no settings from files, whose watching costs start-up, nor from variables, which container images set for services of their own.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Services.AddRoutingCore();
        builder.Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            // The host logs a failure to start with a stack trace; Program says it in the user's words.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            .AddSimpleConsole(console =>
                (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", true));
        var limits = config.Limits ?? new();
        builder.Services.AddSingleton<Drain>().AddSingleton<Responder>().AddSingleton(limits).AddSingleton<Intake>().AddSingleton(catalog).AddSingleton<ServiceMeter>().AddSingleton<MetricsEndpoint>()
            .AddHostedService<DrainOnStop>();
        if (config.Log is { } kept)
        {
            builder.Services.AddSingleton(TimeProvider.System).AddSingleton(kept).AddSingleton<InferenceLog>().AddHostedService(services => services.GetRequiredService<InferenceLog>());
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = config.Grace);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = limits.MostBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTime;
            // What is read ahead of a request that waits, and answers that nobody fetches, are memory of ours.
            kestrel.Limits.MaxRequestBufferSize = 64 << 10;
            kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(10));
            Listen(kestrel, config);
        });
        DrainableListeners.Decorate(builder.Services);

        var app = builder.Build();
        var (drain, responder, intake) = (app.Services.GetRequiredService<Drain>(), app.Services.GetRequiredService<Responder>(), app.Services.GetRequiredService<Intake>());
        var metrics = app.Services.GetRequiredService<MetricsEndpoint>();
        var meter = app.Services.GetRequiredService<ServiceMeter>();
        var log = app.Services.GetService<InferenceLog>();
        app.Use(new Guard(drain, responder, app.Logger).InvokeAsync);
        if (config.Keys is { } keys)
        {
            app.Use(new Access(keys, responder).InvokeAsync);
        }

        app.UseRouting();
        new ModelEndpoints(catalog, drain, responder, needsKey: config.Keys is not null).Map(app);
        new InferEndpoint(catalog, intake, meter, log, responder).Map(app);
        new ScoreEndpoint(catalog, intake, meter, log, responder).Map(app);
        new PageEndpoint(catalog, responder).Map(app);
        metrics.Map(app, responder);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            metrics.Start();
            Log.Listening(app.Logger, string.Join(' ', app.Urls), string.Join(' ', catalog.Models.Select(model => model.Name)));
        });
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, ServiceConfig config)
    {
        var url = config.Url;
        var isNumber = IPAddress.TryParse(url.Host.Trim('[', ']'), out var address);
        if (isNumber && (address!.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
        {
            kestrel.ListenAnyIP(url.Port, Options);
        }
        else if (isNumber)
        {
            kestrel.Listen(address!, url.Port, Options);
        }
        else
        {
            kestrel.ListenLocalhost(url.Port, Options);
        }

        void Options(ListenOptions listen)
        {
            // Draining closes connections by a header, which HTTP/2 does not know.
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(new ConnectionLimit(listen.ApplicationServices.GetRequiredService<Drain>(), listen.ApplicationServices.GetRequiredService<ServiceLimits>(), isPlain: config.Tls is null).Around);
            if (config.Tls is { } files)
            {
                var certificate = new Certificate(files, TimeProvider.System, listen.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger<Certificate>());
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => new(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current, ApplicationProtocols = [SslApplicationProtocol.Http11] }),
                });
            }
        }
    }
}
